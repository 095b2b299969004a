//! One topic: its history and its watchers, under one lock that is held for moments.

use std::{
    future::poll_fn,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    copy::{Copy, End},
    epoch::Epoch,
    ring::{Dropped, PAGE, Ring},
    seated::Seated,
    seats::Seats,
    settings::Settings,
    sync::{Mutex, MutexGuard, has_runtime, spawn},
};
use crate::{
    packet::content::Unwritable,
    records::{Seq, piece::Records},
};

/// One topic.
pub(super) struct Topic {
    pub(super) name: Arc<str>,
    state: Mutex<TopicState>,
}

pub(super) struct TopicState {
    pub(super) ring: Ring,
    pub(super) seats: Seats,
    /// How far the copy has come, if the topic is one of a store's.
    pub(super) copy: Option<Copy>,
    /// When something was last published, or the topic was made.
    pub(super) last: Instant,
    herald: HeraldState,
    /// Whether it has vanished from its hub: nobody would find what is published here.
    pub(super) is_gone: bool,
}

/// The task that wakes the watchers, so that publishers do not have to.
enum HeraldState {
    /// No task: publishers wake the watchers.
    Absent,
    /// It is about to run.
    Called,
    Waiting(Waker),
}

impl HeraldState {
    /// The waker of a herald that waits. It is called once: until it has run, it need not be called again.
    fn call(&mut self) -> Option<Waker> {
        match std::mem::replace(self, Self::Called) {
            Self::Waiting(waker) => Some(waker),
            other => {
                *self = other;
                None
            }
        }
    }
}

impl Topic {
    pub(super) fn new(name: Arc<str>, is_copy: bool) -> Arc<Self> {
        let state = TopicState {
            ring: Ring::new(Epoch::random()),
            seats: Seats::default(),
            copy: is_copy.then(Copy::default),
            last: Instant::now(),
            herald: HeraldState::Absent,
            is_gone: false,
        };
        Arc::new(Self { name, state: Mutex::new(state) })
    }

    /// Nothing that may panic runs under the lock, so poison means nothing.
    pub(super) fn lock(&self) -> MutexGuard<'_, TopicState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a record; `None` if the topic has vanished. It costs the same, however many watch: they are woken by a task
    /// of their own.
    pub(super) fn publish(
        &self,
        record: &[u8],
        key: &mut Option<String>,
        settings: &Settings,
    ) -> Option<Result<Seq, Unwritable>> {
        let mut state = self.lock();
        if state.is_gone {
            return None;
        }
        let now = Instant::now();
        state.last = now;
        let pushed = state.ring.push(record, settings, now);
        if let (Ok(number), Some(key)) = (&pushed, key.take()) {
            state.ring.newest.put(key, *number, record, settings);
        }
        if state.seats.is_awaited() {
            self.wake(state);
        }
        Some(pushed)
    }

    pub(super) fn wake(&self, mut state: MutexGuard<'_, TopicState>) {
        let mut wakers = Vec::new();
        let herald = state.herald.call();
        if matches!(state.herald, HeraldState::Absent) {
            state.seats.take_waiting(&mut wakers);
        }
        drop(state);
        herald.into_iter().chain(wakers).for_each(Waker::wake);
    }

    /// Starts the task that wakes the watchers, unless there is one.
    pub(super) fn start_herald(self: &Arc<Self>, mut state: MutexGuard<'_, TopicState>) {
        if !matches!(state.herald, HeraldState::Absent) || !has_runtime() {
            return;
        }
        state.herald = HeraldState::Called;
        drop(state);
        spawn(herald(Herald(Arc::downgrade(self))));
    }

    /// Ready with the records after this one. Otherwise the watcher in this seat is woken by the next one.
    pub(super) fn poll_read(&self, seated: &Seated, after: Seq, cx: &Context<'_>) -> Poll<Result<Records, Dropped>> {
        let mut state = self.lock();
        // Again, under the lock: nothing may be read that was published after the seat was taken away.
        if !state.seats.is_revoked(seated.seat) {
            if state.ring.epoch() != seated.epoch {
                return Poll::Ready(Err(Dropped { epoch: state.ring.epoch(), first: state.ring.first() }));
            }
            match state.ring.read(after) {
                Ok(records) if records.is_empty() => {}
                read => return Poll::Ready(read),
            }
        }
        state.seats.wait(seated.seat, cx);
        Poll::Pending
    }

    /// Ready with the newest record of each key after this number, as [`poll_read`](Self::poll_read) is.
    pub(super) fn poll_newest(
        &self,
        seated: &Seated,
        after: Seq,
        cx: &Context<'_>,
    ) -> Poll<Result<Vec<(Seq, Bytes)>, Dropped>> {
        let mut state = self.lock();
        if !state.seats.is_revoked(seated.seat) {
            let forgotten = state.ring.newest.forgotten();
            if after < forgotten || state.ring.epoch() != seated.epoch {
                return Poll::Ready(Err(Dropped { epoch: state.ring.epoch(), first: forgotten + 1 }));
            }
            let records = state.ring.newest.read(after, PAGE);
            if !records.is_empty() {
                return Poll::Ready(Ok(records));
            }
        }
        state.seats.wait(seated.seat, cx);
        Poll::Pending
    }

    /// Ready with the end of the topic, once what this seat has asked is answered; `None` if it could not be.
    pub(super) fn poll_answer(&self, seat: usize, cx: &Context<'_>) -> Poll<Option<End>> {
        let mut state = self.lock();
        match state.copy.as_mut().and_then(|copy| copy.take_answer(seat)) {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.seats.wait(seat, cx);
                Poll::Pending
            }
        }
    }

    /// Waits until all who watch know where they begin.
    pub(super) async fn is_known(&self) {
        let Some((last, answers)) = self.lock().copy.as_ref().map(|copy| (copy.asked(), copy.answers.clone())) else {
            return;
        };
        loop {
            let answered = answers.notified();
            if self.lock().copy.as_ref().is_none_or(|copy| !copy.is_awaited(last)) {
                return;
            }
            answered.await;
        }
    }

    /// Sends the watchers of a member away. Returns how many there were.
    pub(super) fn revoke(&self, member: &str) -> usize {
        let mut wakers = Vec::new();
        let revoked = self.lock().seats.revoke(member, Duration::ZERO, &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        revoked
    }

    pub(super) fn leave(&self, seat: usize) {
        let mut state = self.lock();
        state.seats.leave(seat);
        let is_last = state.seats.len() == 0;
        if let Some(copy) = &mut state.copy {
            copy.leave(seat);
            if is_last {
                copy.questions.notify_one();
            }
        }
        let herald = if is_last { state.herald.call() } else { None };
        drop(state);
        herald.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.herald.call().into_iter().for_each(Waker::wake);
    }
}

/// Wakes the watchers of a topic whenever there is news, until there are none.
async fn herald(mut herald: Herald) {
    let mut wakers = Vec::new();
    poll_fn(|cx| {
        let Some(topic) = herald.0.upgrade() else { return Poll::Ready(()) };
        let mut state = topic.lock();
        if state.seats.len() == 0 {
            state.herald = HeraldState::Absent;
            // From here on the topic may have another one.
            herald.0 = Weak::new();
            return Poll::Ready(());
        }
        state.herald = HeraldState::Waiting(cx.waker().clone());
        state.seats.take_waiting(&mut wakers);
        drop(state);
        wakers.drain(..).for_each(Waker::wake);
        Poll::Pending
    })
    .await;
}

/// The topic of a herald, which does not keep it.
struct Herald(Weak<Topic>);

/// A herald whose runtime has ended leaves its work to those who publish.
impl Drop for Herald {
    fn drop(&mut self) {
        let Some(topic) = self.0.upgrade() else { return };
        let mut state = topic.lock();
        let _waker = std::mem::replace(&mut state.herald, HeraldState::Absent);
        topic.wake(state);
    }
}
