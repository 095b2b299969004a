//! One topic: its history and its watchers, under one lock that is held for moments.

use std::{
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::{sync::Notify, time::Instant};

use super::{
    ring::{Dropped, PAGE, Ring},
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
    /// Notifies the herald. Shared, because the herald must not keep the topic.
    news: Arc<Notify>,
}

pub(super) struct TopicState {
    pub(super) ring: Ring,
    pub(super) seats: Seats,
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
    pub(super) fn new(name: Arc<str>) -> Arc<Self> {
        let state = TopicState {
            ring: Ring::new(),
            seats: Seats::default(),
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

    fn wake(&self, mut state: MutexGuard<'_, TopicState>) {
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
    pub(super) fn start_herald(self: &Arc<Self>, mut state: MutexGuard<'_, TopicState>) {
        if state.has_herald || !has_runtime() {
            return;
        }
        state.has_herald = true;
        drop(state);
        spawn(herald(Herald { topic: Arc::downgrade(self), news: self.news.clone() }));
    }

    /// Ready with the records after this one. Otherwise the watcher in this seat is woken by the next one.
    pub(super) fn poll_read(&self, seat: usize, after: Seq, cx: &Context<'_>) -> Poll<Result<Records, Dropped>> {
        let mut state = self.lock();
        // Again, under the lock: nothing may be read that was published after the seat was taken away.
        if !state.seats.is_revoked(seat) {
            match state.ring.read(after) {
                Ok(records) if records.is_empty() => {}
                read => return Poll::Ready(read),
            }
        }
        state.seats.wait(seat, cx);
        Poll::Pending
    }

    /// Ready with the newest record of each key after this number, as [`poll_read`](Self::poll_read) is.
    pub(super) fn poll_newest(
        &self,
        seat: usize,
        after: Seq,
        cx: &Context<'_>,
    ) -> Poll<Result<Vec<(Seq, Bytes)>, Dropped>> {
        let mut state = self.lock();
        if !state.seats.is_revoked(seat) {
            let forgotten = state.ring.newest.forgotten();
            if after < forgotten {
                return Poll::Ready(Err(Dropped { first: forgotten + 1 }));
            }
            let records = state.ring.newest.read(after, PAGE);
            if !records.is_empty() {
                return Poll::Ready(Ok(records));
            }
        }
        state.seats.wait(seat, cx);
        Poll::Pending
    }

    /// Sends the watchers of a member away. Returns how many there were.
    pub(super) fn revoke(&self, member: &str) -> usize {
        let mut wakers = Vec::new();
        let revoked = self.lock().seats.revoke(member, &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        revoked
    }

    pub(super) fn leave(&self, seat: usize) {
        let mut state = self.lock();
        state.seats.leave(seat);
        let is_last = state.seats.len() == 0;
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
async fn herald(mut herald: Herald) {
    let mut wakers = Vec::new();
    loop {
        herald.news.notified().await;
        let Some(topic) = herald.topic.upgrade() else { return };
        let mut state = topic.lock();
        state.is_told = false;
        if state.seats.len() == 0 {
            state.has_herald = false;
            // From here on the topic may have another one.
            herald.topic = Weak::new();
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
