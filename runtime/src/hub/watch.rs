//! A watcher of one topic: a stream of its packets.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::http::StatusCode;
use futures_core::Stream;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    last_seen::LastSeen, members::Members, seated::Seated, settings::Lag, watched::Watched, watching::Watching,
};
use crate::{packet::notice::Stop, records::Seq};

/// A watcher of one topic of a [`Hub`](super::Hub): a stream for `self.stream_all(..)`, made by
/// [`Hub::watch`](super::Hub::watch). It begins with what is published from then on, unless one of its methods says
/// otherwise, and has no end of its own.
///
/// It never holds up those who publish. While its client does not read, the topic moves on; a watcher that has fallen
/// behind what the topic keeps is told so (see [`Lag`]).
#[must_use = "a watcher does nothing until it is sent by `self.stream_all(..)`"]
pub struct Watch<T>(pub(super) Box<Watching<T>>);

impl<T> Watch<T> {
    pub(super) fn new(place: Result<(Seated, Seq), Stop>, lag: Lag<T>, members: Members) -> Self {
        Self(Box::new(Watching::new(place, lag, members)))
    }

    /// Goes on after what a client has seen: the extractor [`LastSeen`], the text of an id, or a number. A client that has
    /// seen nothing begins as if this had not been called.
    ///
    /// If packets in between are gone, or the id is of an earlier life of the topic, the client gets a gap, and then
    /// everything that is kept.
    pub fn after(mut self, seen: impl Into<LastSeen>) -> Self {
        self.0.go_on_after(&seen.into());
        self
    }

    /// Begins with the last `n` packets that are kept.
    pub fn last(mut self, n: usize) -> Self {
        self.0.begin_with(n as Seq);
        self
    }

    /// Begins with the last packet, or, in a hub with [`Lag::Latest`], with the newest one of each key.
    pub fn latest(mut self) -> Self {
        self.0.begin_with_latest();
        self
    }

    /// Watches as this member, whose card others see in [`Hub::members`](super::Hub::members) and
    /// [`Hub::presence`](super::Hub::presence), and whose right [`Hub::revoke`](super::Hub::revoke) takes away. It counts
    /// once, however many watchers it has, and leaves five seconds after the last of them.
    ///
    /// A card that can't be serialized is `null`, and an error is logged.
    pub fn as_member(mut self, id: impl Into<Arc<str>>, card: &impl Serialize) -> Self {
        let id = id.into();
        let Ok(Seated { topic, seat, .. }) = &self.0.place else { return self };
        topic.lock().seats.name(*seat, id.clone());
        let card = serde_json::to_value(card).unwrap_or_else(|error| {
            tracing::error!(%error, "the card of a member could not be written");
            Value::Null
        });
        self.0.membership = Some(self.0.members.join(&topic.name, &id, card));
        self
    }

    /// Leaves out the packets for which this is false, before they are copied. It saves bytes, and is no place for
    /// rights: those belong to the action's extractors.
    ///
    /// Each watcher that has a filter reads each packet from its JSON.
    pub fn filter(mut self, wants: impl Fn(&T) -> bool + Send + 'static) -> Self
    where
        T: DeserializeOwned,
    {
        self.0.wants = Some(Box::new(move |json| serde_json::from_slice(json).is_ok_and(|packet| wants(&packet))));
        self
    }

    /// Sets what happens if the watcher falls behind: [`Lag::Tell`] or [`Lag::Close`]. [`Lag::Latest`] needs a hub that
    /// keeps the newest packet of each key: set it by [`Hub::lag`](super::Hub::lag), and leave it out here.
    pub fn lag(mut self, lag: Lag<T>) -> Self {
        if matches!((&lag, &self.0.lag), (Lag::Latest(_), Lag::Tell | Lag::Close)) {
            tracing::error!(
                "`Watch::lag` can't be `Lag::Latest`: say `Hub::lag(Lag::Latest(..))` where the hub is made"
            );
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            self.0.place = Err(Stop { status, detail: "the watcher can't be had".into(), gap: None });
        }
        self.0.lag = lag;
        self
    }
}

impl<T> Unpin for Watch<T> {}

impl<T> Stream for Watch<T> {
    type Item = Watched<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Watched<T>>> {
        self.get_mut().0.poll_next(cx)
    }
}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = self.0.place.as_ref().map(|seated| &*seated.topic.name);
        f.debug_struct("Watch").field("topic", &topic).field("last", &self.0.last).field("lag", &self.0.lag).finish()
    }
}
