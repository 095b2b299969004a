//! A watcher of one topic: a stream of its packets.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::http::StatusCode;
use bytes::Bytes;
use futures_core::Stream;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    backlog::Backlog,
    epoch::Epoch,
    last_seen::{LastSeen, Place},
    members::{Members, Membership},
    ring::Dropped,
    settings::Lag,
    topic::Topic,
    watched::{Item, Watched},
};
use crate::{
    packet::{gap::Gap, notice::Stop},
    records::{Seq, packet},
};

/// A watcher of one topic of a [`Hub`](super::Hub): a stream for `self.stream_all(..)`, made by
/// [`Hub::watch`](super::Hub::watch). It begins with what is published from then on, unless one of its methods says
/// otherwise, and has no end of its own.
///
/// It never holds up those who publish. While its client does not read, the topic moves on; a watcher that has fallen
/// behind what the topic keeps is told so (see [`Lag`]).
#[must_use = "a watcher does nothing until it is sent by `self.stream_all(..)`"]
pub struct Watch<T> {
    /// The seat in a topic, or the reason why there is none.
    pub(super) place: Result<Seated, Stop>,
    /// Whether it goes on where its client left.
    goes_on: bool,
    pub(super) lag: Lag<T>,
    pub(super) backlog: Backlog,
    /// The number of the last packet that it gave, or passed over.
    pub(super) last: Seq,
    has_ended: bool,
    /// Whether a packet is wanted, by its JSON.
    wants: Option<Wants>,
    members: Members,
    membership: Option<Membership>,
}

/// Whether a packet is wanted, by its JSON.
type Wants = Box<dyn Fn(&[u8]) -> bool + Send>;

/// A seat in a topic, until it is dropped.
pub(super) struct Seated {
    pub(super) topic: Arc<Topic>,
    pub(super) seat: usize,
    epoch: Epoch,
    revoked: Arc<AtomicBool>,
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.topic.leave(self.seat);
    }
}

impl Seated {
    /// Takes a seat; `None` if the topic has vanished, and an error if all are taken.
    pub(super) fn enter(topic: &Arc<Topic>, watchers: usize) -> Option<Result<(Self, Seq), Stop>> {
        let mut state = topic.lock();
        if state.is_gone {
            return None;
        }
        if state.seats.len() >= watchers {
            return Some(Err(unavailable("this topic has as many watchers as it may: try again in a moment")));
        }
        topic.start_herald(&mut state);
        let (seat, revoked) = state.seats.enter();
        let (epoch, tail) = (state.ring.epoch(), state.ring.tail());
        drop(state);
        Some(Ok((Self { topic: topic.clone(), seat, epoch, revoked }, tail)))
    }
}

/// The end of an action that can't watch for now.
pub(super) fn unavailable(why: &'static str) -> Stop {
    Stop { status: StatusCode::SERVICE_UNAVAILABLE, detail: why.into(), gap: None }
}

impl<T> Watch<T> {
    pub(super) fn new(place: Result<(Seated, Seq), Stop>, lag: Lag<T>, members: Members) -> Self {
        let (place, last) = match place {
            Ok((seated, last)) => (Ok(seated), last),
            Err(stop) => (Err(stop), 0),
        };
        Self {
            place,
            goes_on: false,
            lag,
            backlog: Backlog::default(),
            last,
            has_ended: false,
            wants: None,
            members,
            membership: None,
        }
    }

    /// Goes on after what a client has seen: the extractor [`LastSeen`], the text of an id, or a number. A client that has
    /// seen nothing begins as if this had not been called.
    ///
    /// If packets in between are gone, or the id is of an earlier life of the topic, the client is told of the gap, and
    /// gets everything that is kept.
    pub fn after(mut self, seen: impl Into<LastSeen>) -> Self {
        self.go_on_after(&seen.into());
        self
    }

    pub(super) fn go_on_after(&mut self, seen: &LastSeen) {
        let Ok(seated) = &self.place else { return };
        let place = seen.place(&seated.epoch);
        let state = seated.topic.lock();
        let (first, tail, forgotten) = (state.ring.first(), state.ring.tail(), state.ring.newest.forgotten());
        drop(state);
        match place {
            Place::New => return,
            Place::After(number) if number <= tail => self.last = number,
            // A number that the topic has not reached is one of an earlier life too.
            Place::After(_) | Place::Foreign => {
                let first = if matches!(self.lag, Lag::Latest(_)) { forgotten + 1 } else { first };
                self.last = first - 1;
                self.backlog.gap = Some(self.gap(None, first));
            }
        }
        self.goes_on = true;
    }

    /// Begins with the last `n` packets that are kept.
    pub fn last(mut self, n: usize) -> Self {
        self.begin_with(n as Seq);
        self
    }

    /// Begins with the last packet, or, in a hub with [`Lag::Latest`], with the newest one of each key.
    pub fn latest(mut self) -> Self {
        match (&self.place, self.lag) {
            (Ok(seated), Lag::Latest(_)) if !self.goes_on => {
                self.last = seated.topic.lock().ring.newest.forgotten();
            }
            _ => self.begin_with(1),
        }
        self
    }

    /// Goes back by this many packets, as far as they are kept.
    fn begin_with(&mut self, n: Seq) {
        if let (Ok(seated), false) = (&self.place, self.goes_on) {
            let before = seated.topic.lock().ring.first() - 1;
            self.last = self.last.min(self.last.saturating_sub(n).max(before));
        }
    }

    /// Watches as this member, whose card others see in [`Hub::members`](super::Hub::members) and
    /// [`Hub::presence`](super::Hub::presence), and whose right [`Hub::revoke`](super::Hub::revoke) takes away. It counts
    /// once, however many watchers it has, and leaves five seconds after the last of them.
    ///
    /// A card that can't be serialized is `null`, and an error is logged.
    pub fn as_member(mut self, id: impl Into<Arc<str>>, card: &impl Serialize) -> Self {
        let (id, topic) = (id.into(), self.topic().map(Arc::from));
        let (Ok(Seated { topic: seated, seat, .. }), Some(topic)) = (&self.place, topic) else { return self };
        seated.lock().seats.name(*seat, id.clone());
        let card = serde_json::to_value(card).unwrap_or_else(|error| {
            tracing::error!(%error, "the card of a member could not be written");
            Value::Null
        });
        self.membership = Some(self.members.join(&topic, &id, card));
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
        self.wants = Some(Box::new(move |json| serde_json::from_slice(json).is_ok_and(|packet| wants(&packet))));
        self
    }

    pub(super) fn topic(&self) -> Option<&str> {
        self.place.as_ref().ok().map(|seated| &*seated.topic.name)
    }

    /// Whether it has a seat that has not been taken away.
    pub(super) fn may_go_on(&self) -> bool {
        matches!(&self.place, Ok(seated) if !seated.revoked.load(Ordering::Acquire))
    }

    /// The id of the packet with this number.
    pub(super) fn id(&self, number: Seq) -> Option<String> {
        Some(format!("{}-{number}", self.place.as_ref().ok()?.epoch.as_str()))
    }

    /// Sets what happens if the watcher falls behind: [`Lag::Tell`] or [`Lag::Close`]. [`Lag::Latest`] needs a hub that
    /// keeps the newest packet of each key: set it by [`Hub::lag`](super::Hub::lag), and leave it out here.
    pub fn lag(mut self, lag: Lag<T>) -> Self {
        if matches!((&lag, &self.lag), (Lag::Latest(_), Lag::Tell | Lag::Close)) {
            tracing::error!(
                "`Watch::lag` can't be `Lag::Latest`: say `Hub::lag(Lag::Latest(..))` where the hub is made"
            );
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            self.place = Err(Stop { status, detail: "the watcher can't be had".into(), gap: None });
        }
        self.lag = lag;
        self
    }

    /// The gap in front of this number.
    fn gap(&self, missed: Option<u64>, first: Seq) -> Gap {
        Gap { missed, first, id: self.id(first - 1), topic: None }
    }

    /// The next record.
    fn poll_record(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Seq, Bytes), Item>> {
        loop {
            if let Some(gap) = self.backlog.gap.take() {
                return Poll::Ready(Err(match self.lag {
                    Lag::Close => Item::Stop(Stop { gap: Some(gap), ..unavailable("") }),
                    Lag::Tell | Lag::Latest(_) => Item::Gap(gap),
                }));
            }
            if let Some(next) = self.backlog.pop(self.last) {
                self.last = next.0;
                return Poll::Ready(Ok(next));
            }
            let Seated { topic, seat, .. } = match &self.place {
                Ok(seated) => seated,
                Err(stop) => return Poll::Ready(Err(Item::Stop(stop.clone()))),
            };
            let read = match self.lag {
                Lag::Latest(_) => ready!(topic.poll_newest(*seat, self.last, cx)).map(Backlog::of_newest),
                Lag::Tell | Lag::Close => ready!(topic.poll_read(*seat, self.last, cx)).map(Backlog::of_page),
            };
            match read {
                Ok(backlog) => self.backlog = backlog,
                Err(Dropped { first }) => {
                    // Among the newest of each key it is not known how many would have been left.
                    let missed = (!matches!(self.lag, Lag::Latest(_))).then(|| first - 1 - self.last);
                    self.backlog.gap = Some(self.gap(missed, first));
                    self.last = first - 1;
                }
            }
        }
    }

    /// The item of a record; `None` if it is not wanted, or can't be read, which a record of this process always can.
    fn item(&self, number: Seq, record: &Bytes) -> Option<Item> {
        let epoch = self.place.as_ref().ok()?.epoch;
        if let Some(json) = packet::as_json(record) {
            if self.wants.as_ref().is_some_and(|wants| !wants(json)) {
                return None;
            }
            return Some(Item::Json(record.slice(1..), epoch, number));
        }
        let mut packet = packet::read(record)?;
        packet.fields.id = Some(format!("{}-{number}", epoch.as_str()));
        Some(Item::Packet(packet))
    }
}

impl<T> Unpin for Watch<T> {}

impl<T> Stream for Watch<T> {
    type Item = Watched<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Watched<T>>> {
        let this = self.get_mut();
        if this.has_ended {
            return Poll::Ready(None);
        }
        if this.place.is_ok() && !this.may_go_on() {
            let detail = "you may not watch this any more".into();
            this.has_ended = true;
            let stop = Stop { status: StatusCode::FORBIDDEN, detail, gap: None };
            return Poll::Ready(Some(Watched::new(Item::Stop(stop))));
        }
        loop {
            let item = match ready!(this.poll_record(cx)) {
                Ok((number, record)) => match this.item(number, &record) {
                    Some(item) => item,
                    None => continue,
                },
                Err(item) => item,
            };
            this.has_ended = matches!(item, Item::Stop(_));
            return Poll::Ready(Some(Watched::new(item)));
        }
    }
}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = self.place.as_ref().map(|seated| &*seated.topic.name);
        f.debug_struct("Watch").field("topic", &topic).field("last", &self.last).field("lag", &self.lag).finish()
    }
}
