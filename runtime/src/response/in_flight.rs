//! The wait before a body is cut, until all of its frames have left.
//!
//! hyper and h2 drop what they have not written yet when a body fails. A reader that collects the whole body drops no
//! frame, so a cut does not wait for it.

use std::{future::poll_fn, sync::Arc, time::Duration};

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

/// Waits until every frame has left, and then for as long as a layer may take to send the last one. Returns at once if
/// the reader stalls.
pub(crate) async fn all_left(unsent: Arc<Unsent>, reader: Reader) {
    loop {
        let before = unsent.frames();
        let is_connection = reader == Reader::Connection || unsent.has_left();
        let limit = if is_connection { STALL_TIMEOUT } else { FLUSH };
        if timeout(limit, poll_fn(|cx| unsent.poll_none(cx))).await.is_ok() {
            break;
        }
        if unsent.frames() == before {
            return;
        }
    }
    // A layer lets go of the last frame only when there is nothing more to read. Its time begins there, with the next
    // poll.
    yield_now().await;
    sleep(FLUSH).await;
    yield_now().await;
}
