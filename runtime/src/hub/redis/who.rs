//! The members of all nodes: each node holds a lease on those that are there by way of it, and renews it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    time::{Instant, sleep, sleep_until},
};

use super::RedisStore;
use crate::{
    hub::{
        error::HubUnavailable,
        members::{Member, Members},
        settings::Settings,
        untold::Seat,
    },
    redis::millis,
};

/// How many members one call tells of.
const AT_ONCE: usize = 500;

/// A member by its name, if it is there by way of this node.
pub(super) struct Told {
    id: Arc<str>,
    member: Option<Member>,
    /// Whether it has come, gone or got another card. Otherwise it only keeps its lease.
    is_news: bool,
}

/// The wait after a call that has failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Starts the task that tells Redis who is there by way of this node, unless there is one.
pub(super) fn start(store: &RedisStore, members: &Members, settings: &Settings) {
    let Ok(runtime) = Handle::try_current() else { return };
    if members.untold.begin() {
        let (store, members) = (store.of_news(), members.clone());
        runtime.spawn(Teller { store, members, settings: *settings, is_over: false }.run());
    }
}

struct Teller {
    store: RedisStore,
    members: Members,
    settings: Settings,
    /// Whether the members know that it has ended.
    is_over: bool,
}

impl Teller {
    async fn run(mut self) {
        let every = self.settings.lease / 3;
        let mut renewal = Instant::now() + every;
        loop {
            if let Err(why) = self.tell().await {
                tracing::warn!(%why, "the members of this node could not be written to Redis: trying again");
                sleep(AGAIN.min(every)).await;
                continue;
            }
            tokio::select! {
                () = self.members.untold.news() => {}
                () = sleep_until(renewal) => {
                    renewal = Instant::now() + every;
                    let all = self.members.all();
                    if all.is_empty() && self.members.untold.end() {
                        self.is_over = true;
                        return;
                    }
                    self.members.untold.note(all, false);
                }
            }
        }
    }

    /// Tells everything that is to be told. What could not be told stays.
    async fn tell(&self) -> Result<(), HubUnavailable> {
        let mut topics = HashMap::<Arc<str>, Vec<(Arc<str>, bool)>>::new();
        for ((topic, id), is_news) in self.members.untold.take() {
            topics.entry(topic).or_default().push((id, is_news));
        }
        let mut told = Ok(());
        for (topic, ids) in topics {
            for ids in ids.chunks(AT_ONCE) {
                if told.is_ok() {
                    let find = |(id, is_news): &(Arc<str>, bool)| Told {
                        id: id.clone(),
                        member: self.members.find(&topic, id),
                        is_news: *is_news,
                    };
                    let members: Vec<_> = ids.iter().map(find).collect();
                    told = self.store.tell(&topic, &members, &self.settings).await;
                }
                if told.is_err() {
                    for (id, is_news) in ids {
                        let seat: Seat = (topic.clone(), id.clone());
                        self.members.untold.note([seat], *is_news);
                    }
                }
            }
        }
        told
    }
}

/// A task whose runtime has ended makes room for another one.
impl Drop for Teller {
    fn drop(&mut self) {
        if !self.is_over {
            self.members.untold.has_ended();
        }
    }
}

impl RedisStore {
    /// Tells which members are there by way of this node, or are no longer. Members of nodes whose leases have ended leave.
    pub(super) async fn tell(&self, topic: &str, members: &[Told], settings: &Settings) -> Result<(), HubUnavailable> {
        self.who(topic, members, settings, false).await.map(drop)
    }

    /// Everybody who is there.
    pub(super) async fn everybody(&self, topic: &str, settings: &Settings) -> Result<Vec<Member>, HubUnavailable> {
        let cards = self.who(topic, &[], settings, true).await?;
        Ok(cards.iter().filter_map(|card| serde_json::from_slice(card).ok()).collect())
    }

    async fn who(
        &self,
        topic: &str,
        members: &[Told],
        settings: &Settings,
        lists: bool,
    ) -> Result<Vec<Vec<u8>>, HubUnavailable> {
        let mut call = self.on(&self.scripts.who, topic, settings);
        for part in ["e", "x", "j", "d"] {
            call.key(self.key(topic, part));
        }
        call.arg(millis(settings.lease).max(1)).arg(&self.node).arg(u8::from(lists));
        for Told { id, member, is_news } in members {
            // Text and JSON can always be written.
            let card = member.as_ref().map_or(Ok(String::new()), serde_json::to_string);
            call.arg(&**id).arg(card.unwrap_or_default()).arg(u8::from(*is_news));
        }
        Ok(self.redis.call(&call).await?.next()?)
    }
}
