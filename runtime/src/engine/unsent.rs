//! The frames of a response that have not left: for senders that want to send nothing stale, and for a cut that loses
//! nothing.
//!
//! A frame's bytes are dropped when they have been written, so counting drops tells when all have left.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

/// The frames on their way from the action to the socket.
#[derive(Debug, Default)]
pub(crate) struct Unsent {
    frames: AtomicUsize,
    /// Whether one has left, so that its reader does not keep them all.
    has_left: AtomicBool,
    /// Whether a task waits until nothing is on its way.
    is_watched: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl Unsent {
    /// A frame's bytes, counted until they are dropped.
    pub(crate) fn track(self: &Arc<Self>, bytes: Vec<u8>) -> Bytes {
        self.frames.fetch_add(1, Ordering::AcqRel);
        Bytes::from_owner(Tracked { bytes, unsent: self.clone() })
    }

    /// How many frames are on their way.
    pub(crate) fn frames(&self) -> usize {
        self.frames.load(Ordering::Acquire)
    }

    pub(crate) fn has_left(&self) -> bool {
        self.has_left.load(Ordering::Acquire)
    }

    /// Whether a task has ever waited: the connection should hold back as little as possible.
    pub(crate) fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Acquire)
    }

    /// Ready when nothing is on its way.
    pub(crate) fn poll_none(&self, cx: &Context<'_>) -> Poll<()> {
        // In one order with `leave`: either it sees this, or the count is seen below.
        self.is_watched.store(true, Ordering::SeqCst);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at under the lock, so that the last frame does not leave unseen.
        if self.frames.load(Ordering::SeqCst) == 0 {
            return Poll::Ready(());
        }
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn leave(&self) {
        self.has_left.store(true, Ordering::Release);
        if self.frames.fetch_sub(1, Ordering::SeqCst) == 1 && self.is_watched.load(Ordering::SeqCst) {
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

/// The bytes of a frame that has not left.
struct Tracked {
    bytes: Vec<u8>,
    unsent: Arc<Unsent>,
}

impl AsRef<[u8]> for Tracked {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.unsent.leave();
    }
}
