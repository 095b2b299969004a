//! A watcher at work: where it is, what it has read, and what comes next.

use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use bytes::{Buf as _, Bytes};

use super::{
    backlog::Backlog,
    last_seen::{LastSeen, Place},
    members::{Members, Membership},
    ring::Dropped,
    seated::{Seated, unavailable},
    settings::Lag,
    watched::{Item, Watched},
};
use crate::{
    packet::{gap::Gap, notice::Stop},
    records::{Seq, packet},
};

/// Whether a packet is wanted, by its JSON.
type Wants = Box<dyn Fn(&[u8]) -> bool + Send>;

/// The state of a watcher. It is boxed, because the future of an action that sends a stream has several places for it.
pub(super) struct Watching<T> {
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
    pub(super) wants: Option<Wants>,
    pub(super) members: Members,
    pub(super) membership: Option<Membership>,
}

impl<T> Watching<T> {
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

    /// Goes back by this many packets, as far as they are kept.
    pub(super) fn begin_with(&mut self, n: Seq) {
        if let (Ok(seated), false) = (&self.place, self.goes_on) {
            let before = seated.topic.lock().ring.first() - 1;
            self.last = self.last.min(self.last.saturating_sub(n).max(before));
        }
    }

    /// Goes back to the last packet, or to the newest one of each key.
    pub(super) fn begin_with_latest(&mut self) {
        match (&self.place, self.lag) {
            (Ok(seated), Lag::Latest(_)) if !self.goes_on => {
                let forgotten = seated.topic.lock().ring.newest.forgotten();
                self.last = forgotten;
            }
            _ => self.begin_with(1),
        }
    }

    pub(super) fn topic(&self) -> Option<&str> {
        self.place.as_ref().ok().map(|seated| &*seated.topic.name)
    }

    /// Whether it has a seat that has not been taken away.
    pub(super) fn may_go_on(&self) -> bool {
        self.place.as_ref().is_ok_and(|seated| !seated.is_revoked())
    }

    /// The id of the packet with this number.
    pub(super) fn id(&self, number: Seq) -> Option<String> {
        Some(format!("{}-{number}", self.place.as_ref().ok()?.epoch.as_str()))
    }

    /// Has the task woken by the next news of the topic.
    pub(super) fn wait(&self, cx: &Context<'_>) {
        if let Ok(seated) = &self.place {
            seated.topic.lock().seats.wait(seated.seat, cx);
        }
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
    fn item(&self, number: Seq, mut record: Bytes) -> Option<Item> {
        let epoch = self.place.as_ref().ok()?.epoch;
        if let Some(json) = packet::as_json(&record) {
            if self.wants.as_ref().is_some_and(|wants| !wants(json)) {
                return None;
            }
            // Behind the byte for its kind.
            record.advance(1);
            return Some(Item::Json(record, epoch, number));
        }
        let mut packet = packet::read(&record)?;
        packet.fields.id = Some(format!("{}-{number}", epoch.as_str()));
        Some(Item::Packet(packet))
    }

    /// The next item. The last one is the end of the action.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Watched<T>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        if self.place.is_ok() && !self.may_go_on() {
            self.has_ended = true;
            let detail = "you may not watch this any more".into();
            let stop = Stop { status: StatusCode::FORBIDDEN, detail, gap: None };
            return Poll::Ready(Some(Watched::new(Item::Stop(stop))));
        }
        loop {
            let item = match ready!(self.poll_record(cx)) {
                Ok((number, record)) => match self.item(number, record) {
                    Some(item) => item,
                    None => continue,
                },
                Err(item) => item,
            };
            self.has_ended = matches!(item, Item::Stop(_));
            return Poll::Ready(Some(Watched::new(item)));
        }
    }
}
