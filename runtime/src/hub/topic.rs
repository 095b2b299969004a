//! One topic: its history and its watchers, under one lock that is held for moments.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::{runtime::Handle, sync::Notify, time::Instant};

use super::{
    copy::{Copy, End},
    epoch::Epoch,
    ring::{Dropped, PAGE, Ring},
    seated::Seated,
    seats::Seats,
    settings::Settings,
};
use crate::{
    packet::content::Unwritable,
    records::{Seq, piece::Records},
};

/// One topic.
pub(super) struct Topic {
    pub(super) name: Arc<str>,
    state: Mutex<TopicState>,
    /// Notifies the herald. Shared, because the herald must not keep the topic.
    news: Arc<Notify>,
}

pub(super) struct TopicState {
    pub(super) ring: Ring,
    pub(super) seats: Seats,
    /// What it knows of the topic in a store, if there is one.
    pub(super) copy: Option<Copy>,
    /// When something was last published, or the topic was made.
    pub(super) last: Instant,
    /// Whether a herald wakes the watchers.
    has_herald: bool,
    /// Whether it has been told of news, and has not run since.
    is_told: bool,
    /// Whether it has vanished from its hub: nobody would find what is published here.
    pub(super) is_gone: bool,
}

impl Topic {
    pub(super) fn new(name: Arc<str>, is_copy: bool) -> Arc<Self> {
        let state = TopicState {
            ring: Ring::new(Epoch::random()),
            seats: Seats::default(),
            copy: is_copy.then(Copy::default),
            last: Instant::now(),
            has_herald: false,
            is_told: false,
            is_gone: false,
        };
        Arc::new(Self { name, state: Mutex::new(state), news: Arc::default() })
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
        if state.has_herald {
            let is_told = std::mem::replace(&mut state.is_told, true);
            drop(state);
            if !is_told {
                self.news.notify_one();
            }
        } else {
            let mut wakers = Vec::new();
            state.seats.take_waiting(&mut wakers);
            drop(state);
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// Starts the task that wakes the watchers, unless there is one.
    pub(super) fn start_herald(self: &Arc<Self>, state: &mut TopicState) {
        if state.has_herald {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            state.has_herald = true;
            runtime.spawn(herald(Herald { topic: Arc::downgrade(self), news: self.news.clone() }));
        }
    }

    /// Ready with the records after this one. Otherwise the watcher in this seat is woken by the next one.
    pub(super) fn poll_read(&self, seated: &Seated, after: Seq, cx: &Context<'_>) -> Poll<Result<Records, Dropped>> {
        let mut state = self.lock();
        if state.ring.epoch() != seated.epoch {
            return Poll::Ready(Err(Dropped { epoch: state.ring.epoch(), first: state.ring.first() }));
        }
        match state.ring.read(after) {
            Ok(records) if records.is_empty() => {
                state.seats.wait(seated.seat, cx);
                Poll::Pending
            }
            read => Poll::Ready(read),
        }
    }

    /// Ready with the newest record of each key after this number, as [`poll_read`](Self::poll_read) is.
    pub(super) fn poll_newest(
        &self,
        seated: &Seated,
        after: Seq,
        cx: &Context<'_>,
    ) -> Poll<Result<Vec<(Seq, Bytes)>, Dropped>> {
        let mut state = self.lock();
        let forgotten = state.ring.newest.forgotten();
        if after < forgotten || state.ring.epoch() != seated.epoch {
            return Poll::Ready(Err(Dropped { epoch: state.ring.epoch(), first: forgotten + 1 }));
        }
        let records = state.ring.newest.read(after, PAGE);
        if records.is_empty() {
            state.seats.wait(seated.seat, cx);
            return Poll::Pending;
        }
        Poll::Ready(Ok(records))
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
        drop(state);
        if is_last {
            self.news.notify_one();
        }
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        self.news.notify_one();
    }
}

/// The task that wakes the watchers of a topic, so that nobody who publishes has to.
async fn herald(herald: Herald) {
    let mut wakers = Vec::new();
    loop {
        herald.news.notified().await;
        let Some(topic) = herald.topic.upgrade() else { return };
        let mut state = topic.lock();
        state.is_told = false;
        if state.seats.len() == 0 {
            state.has_herald = false;
            return;
        }
        state.seats.take_waiting(&mut wakers);
        drop(state);
        wakers.drain(..).for_each(Waker::wake);
    }
}

struct Herald {
    topic: Weak<Topic>,
    news: Arc<Notify>,
}

/// A herald whose runtime has ended leaves its work to those who publish.
impl Drop for Herald {
    fn drop(&mut self) {
        let Some(topic) = self.topic.upgrade() else { return };
        let mut state = topic.lock();
        if state.has_herald {
            (state.has_herald, state.is_told) = (false, false);
            topic.wake(state);
        }
    }
}
