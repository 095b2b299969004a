//! Who is there: the members of each topic, counted by themselves and not by their connections.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(feature = "redis")]
use super::untold::Untold;
use super::{
    Hub,
    store::Store,
    sync::{Mutex, MutexGuard, has_runtime, sleep, spawn},
};

/// How long a member is still there after its last connection: a page that is loaded again is not a leave.
const HELD_BACK: Duration = Duration::from_secs(5);

/// A member of a topic: somebody who watches it, over any number of connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name, as given to [`Watch::as_member`](super::Watch::as_member).
    pub id: String,
    /// What others see of it.
    pub card: Value,
}

/// A change among the members of a topic: see [`Hub::presence`]. As JSON it is `{"joined":{"id":…,"card":…}}` or
/// `{"left":{…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It has its first connection, or a new card.
    Joined(Member),
    /// It has had no connection for five seconds.
    Left(Member),
}

impl Presence {
    /// The member that has come or gone.
    pub fn member(&self) -> &Member {
        match self {
            Self::Joined(member) | Self::Left(member) => member,
        }
    }
}

/// The members of all topics that are there by way of this node. Clones share them.
#[derive(Clone)]
pub(super) struct Members {
    topics: Arc<Mutex<ByTopic>>,
    /// The news of each topic, and the newest of each member.
    pub(super) news: Hub<Presence>,
    /// The store that makes the news, if several nodes share the hub.
    store: Option<Arc<dyn Store>>,
    /// What the store has not been told.
    #[cfg(feature = "redis")]
    pub(super) untold: Arc<Untold>,
}

type ByTopic = HashMap<Arc<str>, HashMap<Arc<str>, Present>>;

/// One member that is there.
struct Present {
    member: Member,
    connections: usize,
    /// Counts its leaves, so that a held back one knows whether it still holds.
    leaves: u64,
    /// The order of joining.
    joined: u64,
}

impl Members {
    pub(super) fn new(news: Hub<Presence>, store: Option<Arc<dyn Store>>) -> Self {
        Self {
            topics: Arc::default(),
            news,
            store,
            #[cfg(feature = "redis")]
            untold: Arc::default(),
        }
    }

    /// A member, if it is there by way of this node.
    #[cfg(feature = "redis")]
    pub(super) fn find(&self, topic: &str, id: &str) -> Option<Member> {
        self.lock().get(topic)?.get(id).map(|present| present.member.clone())
    }

    /// The topics and the names of all members.
    #[cfg(feature = "redis")]
    pub(super) fn all(&self) -> Vec<(Arc<str>, Arc<str>)> {
        let topics = self.lock();
        let members = |(topic, members): (&Arc<str>, &HashMap<Arc<str>, Present>)| {
            members.keys().map(|id| (topic.clone(), id.clone())).collect::<Vec<_>>()
        };
        topics.iter().flat_map(members).collect()
    }

    fn lock(&self) -> MutexGuard<'_, ByTopic> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection of a member, until its guard is dropped.
    pub(super) fn join(&self, topic: &Arc<str>, id: &Arc<str>, card: Value) -> Membership {
        let mut topics = self.lock();
        let members = topics.entry(topic.clone()).or_default();
        let joined = members.values().map(|present| present.joined).max().map_or(0, |last| last + 1);
        let member = Member { id: id.to_string(), card };
        let is_news = match members.get_mut(id) {
            Some(present) => {
                present.connections += 1;
                std::mem::replace(&mut present.member, member.clone()) != member
            }
            None => {
                let present = Present { member: member.clone(), connections: 1, leaves: 0, joined };
                members.insert(id.clone(), present);
                true
            }
        };
        if is_news {
            // Under the lock, so that news come in the order in which things happen.
            self.tell(topic, &Presence::Joined(member));
        }
        Membership { members: self.clone(), topic: topic.clone(), id: id.clone() }
    }

    fn tell(&self, topic: &Arc<str>, presence: &Presence) {
        if let Some(store) = &self.store {
            #[cfg(feature = "redis")]
            self.untold.note([(topic.clone(), presence.member().id.as_str().into())], true);
            return store.tell_members(self, self.news.settings());
        }
        if let Err(error) = self.news.put(topic, presence) {
            tracing::warn!(topic = &**topic, %error, "the members of a topic could not be published");
        }
    }

    /// The members of a topic, in the order in which they have joined.
    pub(super) fn of(&self, topic: &str) -> Vec<Member> {
        let topics = self.lock();
        let mut members: Vec<_> = topics.get(topic).into_iter().flatten().map(|(_, present)| present).collect();
        members.sort_by_key(|present| present.joined);
        members.into_iter().map(|present| present.member.clone()).collect()
    }

    /// Takes a member out, unless it has come back since this leave.
    fn leave(&self, topic: &Arc<str>, id: &Arc<str>, leave: u64) {
        let mut topics = self.lock();
        let Some(members) = topics.get_mut(topic) else { return };
        if !members.get(id).is_some_and(|present| present.connections == 0 && present.leaves == leave) {
            return;
        }
        let left = members.remove(id);
        if members.is_empty() {
            topics.remove(topic);
        }
        if let Some(present) = left {
            self.tell(topic, &Presence::Left(present.member));
        }
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Members")
    }
}

/// One connection of a member.
pub(super) struct Membership {
    members: Members,
    topic: Arc<str>,
    id: Arc<str>,
}

impl Drop for Membership {
    fn drop(&mut self) {
        let leave = {
            let mut topics = self.members.lock();
            let Some(present) = topics.get_mut(&self.topic).and_then(|members| members.get_mut(&self.id)) else {
                return;
            };
            present.connections -= 1;
            present.leaves += 1;
            if present.connections > 0 {
                return;
            }
            present.leaves
        };
        let leaving = Leaving { members: self.members.clone(), topic: self.topic.clone(), id: self.id.clone(), leave };
        if has_runtime() {
            spawn(async move {
                let leaving = leaving;
                sleep(HELD_BACK).await;
                drop(leaving);
            });
        }
    }
}

/// A leave that is held back until this is dropped. A runtime that ends holds nothing back.
struct Leaving {
    members: Members,
    topic: Arc<str>,
    id: Arc<str>,
    leave: u64,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.members.leave(&self.topic, &self.id, self.leave);
    }
}
