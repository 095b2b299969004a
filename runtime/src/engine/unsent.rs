//! The frames of a response that have not left: for senders that want to send nothing stale.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

/// How many frames are on their way from the action to the socket.
#[derive(Debug, Default)]
pub(crate) struct Unsent {
    frames: AtomicUsize,
    /// Whether a sender waits until nothing is on its way.
    is_watched: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl Unsent {
    pub(crate) fn enter(&self) {
        self.frames.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn leave(&self) {
        if self.frames.fetch_sub(1, Ordering::AcqRel) == 1 && self.is_watched() {
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    /// Whether a sender has ever waited: its connection should hold back as little as possible.
    pub(crate) fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Acquire)
    }

    /// Ready when nothing is on its way.
    pub(crate) fn poll_none(&self, cx: &Context<'_>) -> Poll<()> {
        self.is_watched.store(true, Ordering::Release);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at under the lock, so that the last frame does not leave unseen.
        if self.frames.load(Ordering::Acquire) == 0 {
            return Poll::Ready(());
        }
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}
