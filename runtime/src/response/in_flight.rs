//! The frames of a body that are still in flight: a body may be cut only when all of them have left.
//!
//! hyper and h2 drop what they have not written yet when a body fails. A frame's bytes are dropped when they have been
//! written, so counting drops tells when a cut is safe. A reader that collects the whole body drops none of them, so a
//! cut does not wait for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{future::poll_fn, task::AtomicWaker};
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

use crate::engine::unsent::Unsent;

/// A client that reads nothing for this long loses the rest.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// The time that a compressing layer has to send the last frame. The compressed bytes are its own, so their drop is not
/// seen. Without such a layer, one pending poll would do.
const FLUSH: Duration = Duration::from_millis(200);

/// The reader of a body, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A connection, which drops a frame when it has written it.
    Connection,
    /// A connection behind a layer, or a reader in this process. The latter may keep all frames until the end.
    Unknown,
}

/// The frames of one body that have not left yet.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    frames: AtomicUsize,
    /// Whether one has left, so that its reader does not keep them all.
    has_left: AtomicBool,
    waiter: AtomicWaker,
    /// The same count, for an action that waits for it.
    unsent: Option<Arc<Unsent>>,
}

impl InFlight {
    /// Tells the action of its frames too, if it can wait for them.
    pub(crate) fn of(unsent: Option<Arc<Unsent>>) -> Arc<Self> {
        Arc::new(Self { unsent, ..Self::default() })
    }

    /// A frame's bytes, tracked until they are dropped.
    pub(crate) fn track(self: &Arc<Self>, bytes: Vec<u8>) -> Bytes {
        self.frames.fetch_add(1, Ordering::Relaxed);
        if let Some(unsent) = &self.unsent {
            unsent.enter();
        }
        Bytes::from_owner(Tracked { bytes, in_flight: self.clone() })
    }

    /// Waits until every frame has left, and then for as long as a layer may take to send the last one. Returns at once
    /// if the reader stalls.
    pub(crate) async fn drained(self: Arc<Self>, reader: Reader) {
        loop {
            let before = self.frames.load(Ordering::Acquire);
            let left = poll_fn(|cx| {
                self.waiter.register(cx.waker());
                if self.frames.load(Ordering::Acquire) == 0 { Poll::Ready(()) } else { Poll::Pending }
            });
            let is_connection = reader == Reader::Connection || self.has_left.load(Ordering::Acquire);
            let limit = if is_connection { STALL_TIMEOUT } else { FLUSH };
            if timeout(limit, left).await.is_ok() {
                break;
            }
            if self.frames.load(Ordering::Acquire) == before {
                return;
            }
        }
        // A layer lets go of the last frame only when there is nothing more to read. Its time begins there, with the
        // next poll.
        yield_now().await;
        sleep(FLUSH).await;
        yield_now().await;
    }
}

/// The bytes of a frame that has not left.
struct Tracked {
    bytes: Vec<u8>,
    in_flight: Arc<InFlight>,
}

impl AsRef<[u8]> for Tracked {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.in_flight.has_left.store(true, Ordering::Release);
        if self.in_flight.frames.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.in_flight.waiter.wake();
        }
        if let Some(unsent) = &self.in_flight.unsent {
            unsent.leave();
        }
    }
}
