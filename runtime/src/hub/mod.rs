//! Hubs: one source, any number of clients.
//!
//! - `settings`: the bounds, and what happens to those who fall behind
//! - `topics`: the topics of a hub; `topic`: one of them, with its history and its watchers
//! - `ring`, `newest`: the history; `epoch`: the name of a series of numbers; `seats`: the watchers
//! - `watch`: a watcher as a stream; `watching`: the same at work; `seated`: its place; `watched`: its items; `backlog`: what
//!   it has read and not given on
//! - `snapshot`: a watcher that begins with a state; `watch_all`: a watcher of several topics
//! - `members`: who is there
//! - `latest`: the newest packet alone
//! - `last_seen`: what a client that comes back has seen
//! - `error`: why nothing was published
//! - `sync`: its locks and tasks, which shuttle's take the place of in tests

mod backlog;
mod epoch;
pub(crate) mod error;
pub(crate) mod last_seen;
mod latest;
pub(crate) mod members;
mod newest;
mod ring;
mod seated;
mod seats;
pub(crate) mod settings;
pub(crate) mod snapshot;
mod sync;
#[cfg(test)]
mod tests;
mod topic;
mod topics;
pub(crate) mod watch;
pub(crate) mod watch_all;
pub(crate) mod watched;
mod watching;

use std::{
    cell::Cell,
    fmt,
    marker::PhantomData,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::task::coop::consume_budget;

use self::{
    error::{PublishError, Published},
    members::{Member, Members, Presence},
    seated::{Seated, unavailable},
    settings::{Lag, Settings},
    topics::Topics,
    watch::Watch,
    watch_all::WatchAll,
};
use crate::{
    packet::content::Streamable,
    records::packet::{self, Rules},
};

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
    /// Made when somebody watches as a member.
    members: Arc<OnceLock<Members>>,
    lag: Lag<T>,
    types: PhantomData<fn(&T)>,
}

impl<T> Hub<T> {
    /// An empty hub in memory: each topic keeps up to 1,024 packets and 1 MiB, each for up to five minutes.
    pub fn new() -> Self {
        Self::of(Settings::default(), Lag::Tell)
    }

    fn of(settings: Settings, lag: Lag<T>) -> Self {
        Self { topics: Topics::new(settings), members: Arc::default(), lag, types: PhantomData }
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.topics.settings;
        change(&mut settings);
        Self::of(settings, self.lag)
    }

    /// How many packets each topic keeps, and for how long. The newest one is always kept for those who watch. By default
    /// 1,024, for five minutes.
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
        Self::of(self.topics.settings, lag)
    }

    /// Publishes a packet to a topic. It is serialized here, once, and never waits for those who watch.
    ///
    /// # Errors
    /// If the packet can't be written, or there are too many topics.
    pub async fn publish(&self, topic: &str, packet: &T) -> Result<Published, PublishError>
    where
        T: Streamable,
    {
        let published = self.put(topic, packet);
        // A loop that publishes lets others run.
        consume_budget().await;
        published
    }

    fn put(&self, topic: &str, packet: &T) -> Result<Published, PublishError>
    where
        T: Streamable,
    {
        thread_local! {
            /// One buffer for all packets that this thread publishes.
            static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
        }
        const LARGE: usize = 64 * 1024;
        // Taken, because a `Serialize` may publish too.
        let mut record = BUFFER.take();
        record.clear();
        packet::write(&packet.content(), RULES, &mut record).map_err(PublishError::Unwritable)?;
        let mut key = match self.lag {
            Lag::Latest(key) => Some(key(packet)),
            Lag::Tell | Lag::Close => None,
        };
        let number = loop {
            let topic = self.topics.get(topic).map_err(|_| PublishError::TooManyTopics)?;
            // One that vanishes at this moment is made anew.
            if let Some(number) = topic.publish(&record, &mut key, &self.topics.settings) {
                break number.map_err(PublishError::Unwritable)?;
            }
        };
        if record.capacity() <= LARGE {
            BUFFER.set(record);
        }
        Ok(Published { number })
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
                return Watch::new(place, self.lag, self.presences());
            }
        }
    }

    /// Watches several topics in one response, so that a page needs one connection: each packet has its topic in `event:`.
    pub fn watch_all<N: AsRef<str>>(&self, topics: impl IntoIterator<Item = N>) -> WatchAll<T> {
        WatchAll::new(topics.into_iter().map(|topic| self.watch(topic.as_ref())).collect())
    }

    fn presences(&self) -> Members {
        let settings = &self.topics.settings;
        let members = || {
            let news = Hub::new().keep(settings.watchers, settings.age).keep_bytes(usize::MAX).topics(settings.topics);
            Members::new(news.lag(Lag::Latest(|presence: &Presence| presence.member().id.clone())))
        };
        self.members.get_or_init(members).clone()
    }

    /// Who watches a topic [as a member](Watch::as_member), in the order in which they have joined. One whose last watcher
    /// has left less than five seconds ago is still there.
    pub fn members(&self, topic: &str) -> Vec<Member> {
        self.presences().of(topic)
    }

    /// The members of a topic as they come and go: first those who are there, and then each that joins or leaves. To watch
    /// it is not to be there.
    pub fn presence(&self, topic: &str) -> Watch<Presence> {
        self.presences().news.watch(topic).latest()
    }

    /// Takes a member's right to watch a topic away: every action in which it [watches](Watch::as_member) the topic ends
    /// with 403, at once. Returns how many there were. It keeps nobody from watching again; that is for the action's own
    /// extractors to refuse.
    pub fn revoke(&self, topic: &str, member: &str) -> usize {
        self.topics.find(topic).map_or(0, |topic| topic.revoke(member))
    }

    /// The number of the last packet of a topic; 0 if there is none.
    pub fn number(&self, topic: &str) -> u64 {
        self.topics.find(topic).map_or(0, |topic| topic.lock().ring.tail())
    }

    /// How many watch a topic.
    pub fn count(&self, topic: &str) -> usize {
        self.topics.find(topic).map_or(0, |topic| topic.lock().seats.len())
    }
}

/// What a packet of a hub may not have.
const RULES: Rules = Rules {
    no_ids: "in a hub the ids are the packets' numbers: leave `.id(..)` out",
    no_bytes: "a hub keeps JSON and text, and `Packet::bytes` is neither",
    end_event: None,
};

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
