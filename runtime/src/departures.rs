//! Which frames of a body have left: a body may be cut only when all of them have.
//!
//! hyper and h2 drop what they have not written yet when a body fails. A frame's bytes are dropped when they have
//! been written, so counting drops tells when it is safe.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
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

/// A client that reads nothing for this long has lost what it did not read.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes that a layer has compressed are its own, so nobody tells when they have left: they are given this long.
/// Being pending once would do where there is no such layer.
const FLUSH: Duration = Duration::from_millis(200);

/// The frames of one body that are on their way.
#[derive(Debug, Default)]
pub(crate) struct Departures {
    waiting: AtomicUsize,
    waiter: AtomicWaker,
}

impl Departures {
    /// A frame's bytes, which are waited for.
    pub(crate) fn frame(self: &Arc<Self>, bytes: Vec<u8>) -> Bytes {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Bytes::from_owner(Waiting { bytes, departures: self.clone() })
    }

    /// Waits until every frame has left, and then so long that what a layer made of the last one can leave too.
    pub(crate) async fn all_left(self: Arc<Self>) {
        loop {
            let before = self.waiting.load(Ordering::Acquire);
            let left = poll_fn(|cx| {
                self.waiter.register(cx.waker());
                if self.waiting.load(Ordering::Acquire) == 0 { Poll::Ready(()) } else { Poll::Pending }
            });
            let is_stalled =
                timeout(STALL_TIMEOUT, left).await.is_err() && self.waiting.load(Ordering::Acquire) == before;
            if is_stalled || self.waiting.load(Ordering::Acquire) == 0 {
                break;
            }
        }
        // A layer gives out what it has made of the last frame when there is nothing more to read; only then, with the
        // next poll, begins the time for that to leave.
        yield_now().await;
        sleep(FLUSH).await;
        yield_now().await;
    }
}

/// The bytes of a frame that has not left.
struct Waiting {
    bytes: Vec<u8>,
    departures: Arc<Departures>,
}

impl AsRef<[u8]> for Waiting {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.departures.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.departures.waiter.wake();
        }
    }
}
