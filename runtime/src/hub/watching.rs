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

/// Where a watcher begins.
enum Wish {
    After(LastSeen),
    Last(Seq),
    Latest,
}

/// The state of a watcher. It is boxed, because the future of an action that sends a stream has several places for it.
pub(super) struct Watching<T> {
    /// The seat in a topic, or the reason why there is none.
    pub(super) place: Result<Seated, Stop>,
    /// Where it begins, if that is not known yet.
    wishes: Vec<Wish>,
    /// Whether the store has just answered.
    has_asked: bool,
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
            wishes: Vec::new(),
            has_asked: false,
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

    /// Keeps a wish for later, if the topic is not known yet.
    fn postpone(&mut self, wish: impl FnOnce() -> Wish) -> bool {
        let is_unknown = self.place.as_ref().is_ok_and(|seated| seated.is_asking);
        if is_unknown {
            self.wishes.push(wish());
        }
        is_unknown
    }

    /// Ready once the numbers of the topic are known, or can't be.
    pub(super) fn poll_known(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Some(seated) = self.place.as_mut().ok().filter(|seated| seated.is_asking) else { return Poll::Ready(()) };
        let Some((epoch, tail)) = ready!(seated.topic.poll_answer(seated.seat, cx)) else {
            self.place = Err(unavailable("the hub can't reach its store: try again in a moment"));
            return Poll::Ready(());
        };
        (seated.is_asking, seated.epoch) = (false, epoch);
        (self.last, self.has_asked) = (tail, true);
        for wish in std::mem::take(&mut self.wishes) {
            match wish {
                Wish::After(seen) => self.go_on_after(&seen),
                Wish::Last(n) => self.begin_with(n),
                Wish::Latest => self.begin_with_latest(),
            }
        }
        // What comes later may be newer than this answer.
        self.has_asked = false;
        Poll::Ready(())
    }

    pub(super) fn go_on_after(&mut self, seen: &LastSeen) {
        if self.postpone(|| Wish::After(seen.clone())) {
            return;
        }
        let Ok(seated) = &mut self.place else { return };
        let place = seen.place(&seated.epoch);
        let mut state = seated.topic.lock();
        let (first, tail, forgotten) = (state.ring.first(), state.ring.tail(), state.ring.newest.forgotten());
        let is_ahead = match place {
            Place::New => false,
            Place::After(number) => number > tail,
            Place::Foreign => true,
        };
        if let (Some(copy), true, false) = (&mut state.copy, is_ahead, self.has_asked) {
            // Another node may know more.
            copy.ask_for(seated.seat);
            seated.is_asking = true;
            self.wishes.push(Wish::After(seen.clone()));
            return;
        }
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
        if self.postpone(|| Wish::Last(n)) {
            return;
        }
        if let (Ok(seated), false) = (&self.place, self.goes_on) {
            let before = seated.topic.lock().ring.first() - 1;
            self.last = self.last.min(self.last.saturating_sub(n).max(before));
        }
    }

    /// Goes back to the last packet, or to the newest one of each key.
    pub(super) fn begin_with_latest(&mut self) {
        if self.postpone(|| Wish::Latest) {
            return;
        }
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
            let seated = match &mut self.place {
                Ok(seated) => seated,
                Err(stop) => return Poll::Ready(Err(Item::Stop(stop.clone()))),
            };
            let topic = &seated.topic;
            let read = match self.lag {
                Lag::Latest(_) => ready!(topic.poll_newest(seated, self.last, cx)).map(Backlog::of_newest),
                Lag::Tell | Lag::Close => ready!(topic.poll_read(seated, self.last, cx)).map(Backlog::of_page),
            };
            match read {
                Ok(backlog) => self.backlog = backlog,
                Err(Dropped { epoch, first }) => {
                    let is_new = std::mem::replace(&mut seated.epoch, epoch) != epoch;
                    // Among the newest of each key it is not known how many would have been left.
                    let missed = (!is_new && !matches!(self.lag, Lag::Latest(_))).then(|| first - 1 - self.last);
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
        ready!(self.poll_known(cx));
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
