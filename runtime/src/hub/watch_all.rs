//! Many topics in one response.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    last_seen::LastSeen,
    settings::Lag,
    watch::Watch,
    watched::{Item, Watched},
};
use crate::packet::{
    gap::Gap,
    packet::{Fields, Packet},
};

/// A watcher of several topics of a [`Hub`](super::Hub), made by [`Hub::watch_all`](super::Hub::watch_all): each packet has
/// its topic in `event:`. Its methods are those of [`Watch`], for each of the topics.
///
/// The id of an event names the place in each of the topics, `epoch-number` with commas between, so with many topics the
/// ids are long. A topic's name must be one that an event may have: it holds no line breaks, and is none of `done`, `error`
/// and `gap`.
#[must_use = "a watcher does nothing until it is sent by `self.stream_all(..)`"]
pub struct WatchAll<T> {
    watches: Vec<Watch<T>>,
    /// The one that is asked first, so that a busy topic does not keep the others waiting.
    next: usize,
}

impl<T> WatchAll<T> {
    pub(super) fn new(watches: Vec<Watch<T>>) -> Self {
        Self { watches, next: 0 }
    }

    fn each(mut self, change: impl FnMut(Watch<T>) -> Watch<T>) -> Self {
        self.watches = self.watches.into_iter().map(change).collect();
        self
    }

    /// See [`Watch::after`].
    pub fn after(self, seen: impl Into<LastSeen>) -> Self {
        let seen = seen.into();
        self.each(|watch| watch.after(seen.clone()))
    }

    /// See [`Watch::last`].
    pub fn last(self, n: usize) -> Self {
        self.each(|watch| watch.last(n))
    }

    /// See [`Watch::latest`].
    pub fn latest(self) -> Self {
        self.each(Watch::latest)
    }

    /// See [`Watch::lag`].
    pub fn lag(self, lag: Lag<T>) -> Self {
        self.each(|watch| watch.lag(lag))
    }

    /// See [`Watch::filter`].
    pub fn filter(self, wants: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self
    where
        T: DeserializeOwned,
    {
        let wants = Arc::new(wants);
        self.each(|watch| {
            let wants = wants.clone();
            watch.filter(move |packet| wants(packet))
        })
    }

    /// See [`Watch::as_member`].
    pub fn as_member(self, id: impl Into<Arc<str>>, card: &impl Serialize) -> Self {
        let id = id.into();
        self.each(|watch| watch.as_member(id.clone(), card))
    }

    /// The place in each topic.
    fn id(&self) -> String {
        let ids = self.watches.iter().filter_map(|watch| watch.0.id(watch.0.last));
        ids.collect::<Vec<_>>().join(",")
    }
}

impl<T> Unpin for WatchAll<T> {}

impl<T> Stream for WatchAll<T> {
    type Item = Watched<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Watched<T>>> {
        let this = self.get_mut();
        let mut has_ended = true;
        for turn in 0..this.watches.len() {
            let at = (this.next + turn) % this.watches.len();
            let item = match Pin::new(&mut this.watches[at]).poll_next(cx) {
                Poll::Ready(Some(watched)) => watched.item,
                Poll::Ready(None) => continue,
                Poll::Pending => {
                    has_ended = false;
                    continue;
                }
            };
            this.next = at + 1;
            let topic = this.watches[at].0.topic().map(str::to_owned);
            let item = match item {
                Item::Json(json, ..) => Item::Packet(Packet::of_json(json, Fields::default())),
                item => item,
            };
            return Poll::Ready(Some(Watched::new(match item {
                Item::Packet(mut packet) => {
                    (packet.fields.event, packet.fields.id) = (topic, Some(this.id()));
                    Item::Packet(packet)
                }
                Item::Gap(gap) => Item::Gap(Gap { topic, id: Some(this.id()), ..gap }),
                item => item,
            })));
        }
        if has_ended { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl<T> fmt::Debug for WatchAll<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.watches).finish()
    }
}
