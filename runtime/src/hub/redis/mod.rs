//! Hubs in Redis.
//!
//! - `script`: the scripts, which give the numbers and keep the history
//! - `link`: from Redis into the copy of a topic; `message`: what is published on its channel; `page`: what is read
//! - `who`: the members of all nodes

mod link;
mod message;
mod page;
mod script;
mod who;

use std::{sync::Arc, time::Duration};

use futures_core::future::BoxFuture;
use redis::{Script, ScriptInvocation};

use self::script::Scripts;
use super::{
    epoch::Epoch,
    error::HubUnavailable,
    members::{Member, Members},
    settings::Settings,
    store::Store,
    topic::Topic,
};
use crate::{
    random,
    records::Seq,
    redis::{Redis, error::RedisUnavailable, millis},
};

/// The time that the numbers of a topic outlive its packets, if no node watches it.
const IDLE: Duration = Duration::from_secs(60);

/// The topics of one hub in Redis.
#[derive(Clone)]
pub(super) struct RedisStore {
    redis: Redis,
    /// The name of the hub, as it stands in keys.
    name: String,
    /// The name of this node, among those that share the hub.
    node: String,
    /// Whether it is the store of the news about members.
    is_news: bool,
    scripts: Arc<Scripts>,
}

impl RedisStore {
    pub(super) fn new(redis: &Redis, name: &str) -> Self {
        // The name ends at the colon before the topic.
        let name = name.replace('%', "%25").replace(':', "%3A");
        let node = [Epoch::random(), Epoch::random()].map(|part| part.as_str().to_owned()).concat();
        Self { redis: redis.clone(), name, node, is_news: false, scripts: Arc::default() }
    }

    fn of_news(&self) -> Self {
        Self { is_news: true, ..self.clone() }
    }

    /// The key of a part of a topic. All of them are in one slot of a cluster.
    fn key(&self, topic: &str, part: &str) -> String {
        let of = if self.is_news { "who:" } else { "" };
        format!("outflow:hub:{{{}:{topic}}}:{of}{part}", self.name)
    }

    fn channel(&self, topic: &str) -> String {
        self.key(topic, "c")
    }

    /// A script with the keys and the bounds of a topic.
    fn on<'a>(&self, script: &'a Script, topic: &str, settings: &Settings) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for part in ["m", "l", "k", "n", "r", "c"] {
            call.key(self.key(topic, part));
        }
        call.arg(Epoch::random().as_str()).arg(settings.messages.max(1)).arg(settings.bytes);
        call.arg(millis(settings.age).max(1)).arg(millis(settings.age + 4 * settings.lease + IDLE));
        call
    }
}

impl Store for RedisStore {
    fn publish<'a>(
        &'a self,
        topic: &'a str,
        record: &'a [u8],
        key: Option<&'a str>,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Seq, HubUnavailable>> {
        Box::pin(async move {
            let token = random::bytes::<12>();
            let call = |is_second| {
                let mut call = self.on(&self.scripts.publish, topic, settings);
                call.arg(&token[..]).arg(u8::from(is_second)).arg(record).arg(key);
                call
            };
            Ok(self.redis.call_either(&call(false), &call(true)).await?.next()?)
        })
    }

    fn link(&self, topic: &Arc<Topic>, settings: &Settings) {
        link::start(self, topic, settings);
    }

    fn news(&self) -> Arc<dyn Store> {
        Arc::new(self.of_news())
    }

    fn tell_members(&self, members: &Members, settings: &Settings) {
        who::start(self, members, settings);
    }

    fn members<'a>(
        &'a self,
        topic: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Vec<Member>, HubUnavailable>> {
        Box::pin(async move { self.of_news().everybody(topic, &settings.of_news()).await })
    }

    fn revoke<'a>(
        &'a self,
        topic: &'a str,
        member: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<(), HubUnavailable>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.revoke, topic, settings);
            self.redis.call(call.arg(member)).await?;
            Ok(())
        })
    }
}

impl From<RedisUnavailable> for HubUnavailable {
    fn from(why: RedisUnavailable) -> Self {
        Self(why.to_string())
    }
}
