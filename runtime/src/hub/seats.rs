//! The watchers of a topic: whom to wake, and whom to send away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use tokio::time::Instant;

/// The watchers of one topic, each in a seat of its own.
#[derive(Default)]
pub(super) struct Seats {
    seats: Vec<Option<Seat>>,
    free: Vec<usize>,
    /// How many watchers wait for news.
    waiting: usize,
}

struct Seat {
    waker: Option<Waker>,
    member: Option<Box<SeatedMember>>,
    revoked: Arc<AtomicBool>,
}

/// The name of a watcher.
struct SeatedMember {
    id: Arc<str>,
    /// When it took the seat.
    since: Instant,
}

impl Seats {
    pub(super) fn len(&self) -> usize {
        self.seats.len() - self.free.len()
    }

    /// Takes a seat. The flag says when it is taken away.
    pub(super) fn enter(&mut self) -> (usize, Arc<AtomicBool>) {
        let revoked = Arc::new(AtomicBool::new(false));
        let seat = Some(Seat { waker: None, member: None, revoked: revoked.clone() });
        let place = self.free.pop().unwrap_or(self.seats.len());
        match self.seats.get_mut(place) {
            Some(empty) => *empty = seat,
            None => self.seats.push(seat),
        }
        (place, revoked)
    }

    pub(super) fn leave(&mut self, place: usize) {
        let left = self.seats.get_mut(place).and_then(Option::take);
        self.waiting -= usize::from(left.is_some_and(|seat| seat.waker.is_some()));
        self.free.push(place);
        if self.len() == 0 {
            *self = Self::default();
        }
    }

    /// Names the watcher.
    pub(super) fn name(&mut self, place: usize, member: Arc<str>) {
        if let Some(seat) = self.seat(place) {
            seat.member = Some(Box::new(SeatedMember { id: member, since: Instant::now() }));
        }
    }

    fn seat(&mut self, place: usize) -> Option<&mut Seat> {
        self.seats.get_mut(place)?.as_mut()
    }

    /// Whether the seat has been taken away.
    pub(super) fn is_revoked(&self, place: usize) -> bool {
        matches!(self.seats.get(place), Some(Some(seat)) if seat.revoked.load(Ordering::Acquire))
    }

    /// Has the watcher woken by the next news, or at once if its seat has been taken away: nothing else would wake it.
    pub(super) fn wait(&mut self, place: usize, cx: &Context<'_>) {
        let Some(Some(Seat { waker, revoked, .. })) = self.seats.get_mut(place) else { return };
        if revoked.load(Ordering::Acquire) {
            cx.waker().wake_by_ref();
            return;
        }
        match waker {
            Some(waker) => waker.clone_from(cx.waker()),
            None => {
                *waker = Some(cx.waker().clone());
                self.waiting += 1;
            }
        }
    }

    /// Whether anyone waits.
    pub(super) fn is_awaited(&self) -> bool {
        self.waiting > 0
    }

    /// Takes the wakers of all who wait.
    pub(super) fn take_waiting(&mut self, wakers: &mut Vec<Waker>) {
        if std::mem::take(&mut self.waiting) > 0 {
            wakers.extend(self.seats.iter_mut().flatten().filter_map(|seat| seat.waker.take()));
        }
    }

    /// Takes the seats of a member away, which it has had for this long or longer. Returns how many there were.
    pub(super) fn revoke(&mut self, member: &str, age: Duration, wakers: &mut Vec<Waker>) -> usize {
        let now = Instant::now();
        let is_meant = |seat: &&mut Seat| {
            seat.member.as_ref().is_some_and(|seated| &*seated.id == member && now >= seated.since + age)
        };
        let mut revoked = 0;
        for seat in self.seats.iter_mut().flatten().filter(is_meant) {
            seat.revoked.store(true, Ordering::Release);
            revoked += 1;
            if let Some(waker) = seat.waker.take() {
                self.waiting -= 1;
                wakers.push(waker);
            }
        }
        revoked
    }
}
