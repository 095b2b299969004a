//! Hubs: one source, any number of clients.
//!
//! - `settings`: the bounds, and what happens to those who fall behind
//! - `topics`: the topics of a hub; `topic`: one of them, with its history and its watchers
//! - `ring`, `newest`: the history; `epoch`: the name of a series of numbers; `seats`: the watchers
//! - `watch`: a watcher as a stream; `watching`: the same at work; `seated`: its place; `watched`: its items; `backlog`: what
//!   it has read and not given on
//! - `snapshot`: a watcher that begins with a state; `watch_all`: a watcher of several topics
//! - `who`: the members and their rights; `members`: those of this process; `untold`: changes among them that the store does
//!   not know yet
//! - `latest`: the newest packet alone
//! - `store`: what the hubs of several nodes share; `redis`: one in Redis; `copy`, `copying`: the copy of its topic in this
//!   process
//! - `last_seen`: what a client that comes back has seen
//! - `publish`: into a topic; `error`: why nothing was published
//! - `sync`: the locks and tasks, which shuttle replaces in unit tests

mod backlog;
mod copy;
#[cfg(feature = "redis")]
mod copying;
mod epoch;
pub(crate) mod error;
pub(crate) mod last_seen;
mod latest;
pub(crate) mod members;
mod newest;
mod publish;
#[cfg(feature = "redis")]
mod redis;
mod ring;
mod seated;
mod seats;
pub(crate) mod settings;
pub(crate) mod snapshot;
mod store;
mod sync;
#[cfg(test)]
mod tests;
mod topic;
mod topics;
#[cfg(feature = "redis")]
mod untold;
pub(crate) mod watch;
pub(crate) mod watch_all;
pub(crate) mod watched;
mod watching;
mod who;

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, OnceLock},
    time::Duration,
};

#[cfg(feature = "redis")]
use self::redis::RedisStore;
use self::{
    members::Members,
    seated::{Seated, unavailable},
    settings::{Lag, Settings},
    store::Store,
    topics::Topics,
    watch::Watch,
    watch_all::WatchAll,
};
#[cfg(feature = "redis")]
use crate::redis::Redis;

/// One source for any number of clients: packets are published to a topic, and actions watch it.
///
/// A packet is serialized once, when it is published, and copied into the response of each watcher in its format.
/// Publishing never waits for a reader: a topic keeps its last packets, bounded by number, bytes and age, and a watcher that
/// falls behind them is told how many it has missed. Clones are the same hub.
///
/// ```
/// use axum::{Json, response::IntoResponse};
/// use outflow::{Hub, LastSeen, action, controller};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Score {
///     home: u32,
///     away: u32,
/// }
///
/// #[derive(Default)]
/// struct Scores {
///     scores: Hub<Score>,
/// }
///
/// #[controller]
/// impl Scores {
///     #[action(path = "/{game}", item = Score, on_shutdown = close)]
///     async fn watch(&self, game: String, seen: LastSeen) {
///         // What the client has missed, and then what is published.
///         self.stream_all(self.scores.watch(&game).latest().after(seen));
///     }
///
///     #[action(post, path = "/{game}")]
///     async fn goal(&self, game: String, Json(score): Json<Score>) -> impl IntoResponse {
///         self.scores.publish(&game, &score).await
///     }
/// }
/// ```
///
/// The id of each event is `epoch-number`. An `EventSource` that reconnects gets what it has missed, if it is still kept. A
/// topic that has begun anew, because the server was restarted, has another epoch, so that old numbers are never taken for
/// new ones: the client is told of a gap.
///
/// A topic without watchers vanishes once the last of its packets has grown old.
///
/// # Size
/// The methods that set bounds come first, before the hub is shared: each gives an empty hub. A topic takes the bytes that it
/// keeps and about a kilobyte; a watcher that waits takes about a hundred bytes there, besides its connection.
pub struct Hub<T> {
    topics: Arc<Topics>,
    /// Made when first needed.
    members: Arc<OnceLock<Members>>,
    lag: Lag<T>,
    types: PhantomData<fn(&T)>,
}

impl<T> Hub<T> {
    /// An empty hub in memory: each topic keeps up to 1,024 packets and 1 MiB, each for up to five minutes.
    pub fn new() -> Self {
        Self::of(Settings::default(), Lag::Tell, None)
    }

    /// A hub in Redis, shared by all nodes that give it this name there: see
    /// [more than one node](crate::guide::hubs#more-than-one-node). Needs the feature `redis`.
    ///
    /// ```no_run
    /// use outflow::{Hub, Redis};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let redis = Redis::connect("redis://127.0.0.1:6379").await?;
    /// let scores: Hub<u32> = Hub::redis(&redis, "scores");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "redis")]
    pub fn redis(redis: &Redis, name: &str) -> Self {
        Self::of(Settings::default(), Lag::Tell, Some(Arc::new(RedisStore::new(redis, name))))
    }

    fn of(settings: Settings, lag: Lag<T>, store: Option<Arc<dyn Store>>) -> Self {
        Self { topics: Topics::new(settings, store), members: Arc::default(), lag, types: PhantomData }
    }

    fn settings(&self) -> &Settings {
        &self.topics.settings
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.topics.settings;
        change(&mut settings);
        settings.bound();
        Self::of(settings, self.lag, self.topics.store.clone())
    }

    /// How many packets each topic keeps, and for how long: ten years at most. The newest one is always kept for those who
    /// watch. By default 1,024, for five minutes.
    ///
    /// A watcher that is behind by more than this has a gap, so it is also how far a client may fall behind.
    #[must_use]
    pub fn keep(self, packets: usize, age: Duration) -> Self {
        self.with(|settings| (settings.messages, settings.age) = (packets, age))
    }

    /// How many bytes of packets each topic keeps. By default 1 MiB.
    #[must_use]
    pub fn keep_bytes(self, bytes: usize) -> Self {
        self.with(|settings| settings.bytes = bytes)
    }

    /// The most topics at a time. By default 10,000. Another one can be neither published to nor watched: the answer is 503.
    #[must_use]
    pub fn topics(self, topics: usize) -> Self {
        self.with(|settings| settings.topics = topics)
    }

    /// The most watchers of each topic. By default 100,000. Another one is answered with 503.
    #[must_use]
    pub fn watchers(self, watchers: usize) -> Self {
        self.with(|settings| settings.watchers = watchers)
    }

    /// How long the members of a node that has died are still there, if the hub is in Redis: see
    /// [who is there](crate::guide::hubs#who-is-there). By default 15 seconds, at least 100 milliseconds. Each node renews it
    /// every third of that time. Needs the feature `redis`.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        self.with(|settings| settings.lease = lease)
    }

    /// What happens to a watcher that falls behind. By default [`Lag::Tell`].
    ///
    /// ```
    /// use outflow::{Hub, Lag};
    ///
    /// struct Price {
    ///     symbol: String,
    ///     cents: u64,
    /// }
    ///
    /// let prices: Hub<Price> = Hub::new().lag(Lag::Latest(|price: &Price| price.symbol.clone()));
    /// ```
    #[must_use]
    pub fn lag(self, lag: Lag<T>) -> Self {
        Self::of(self.topics.settings, lag, self.topics.store.clone())
    }

    /// Watches a topic: a stream for `self.stream_all(..)`. It counts as a watcher from here on, and gets what is published
    /// from here on.
    ///
    /// The topic need not exist. If there are too many topics or watchers, the action fails with 503 when the stream is sent.
    pub fn watch(&self, topic: &str) -> Watch<T> {
        let settings = &self.topics.settings;
        loop {
            let Ok(topic) = self.topics.get(topic) else {
                let full = Err(unavailable("there are too many topics: try again in a moment"));
                return Watch::new(full, self.lag, self.presences());
            };
            if let Some(place) = Seated::enter(&topic, settings.watchers) {
                if let (Some(store), Ok(_)) = (&self.topics.store, &place) {
                    store.link(&topic, settings);
                }
                return Watch::new(place, self.lag, self.presences());
            }
        }
    }

    /// Watches several topics in one response, so that a page needs one connection: each packet has its topic in `event:`.
    pub fn watch_all<N: AsRef<str>>(&self, topics: impl IntoIterator<Item = N>) -> WatchAll<T> {
        WatchAll::new(topics.into_iter().map(|topic| self.watch(topic.as_ref())).collect())
    }

    /// The number of the last packet of a topic; 0 if there is none. If the hub is in Redis, it is the last one that has
    /// come to this node, and 0 if nobody watches the topic here.
    pub fn number(&self, topic: &str) -> u64 {
        self.topics.find(topic).map_or(0, |topic| topic.lock().ring.tail())
    }

    /// How many watch a topic on this node.
    pub fn count(&self, topic: &str) -> usize {
        self.topics.find(topic).map_or(0, |topic| topic.lock().seats.len())
    }
}

impl<T> Default for Hub<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Hub<T> {
    fn clone(&self) -> Self {
        Self { topics: self.topics.clone(), members: self.members.clone(), ..*self }
    }
}

impl<T> fmt::Debug for Hub<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("topics", &self.topics.len()).field("settings", &self.topics.settings).finish()
    }
}
