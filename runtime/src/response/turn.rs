//! The turn of a body that always has something to send: it ends in time for the other connections of its thread.

use std::{
    pin::pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    task::{coop::poll_proceed, yield_now},
    time::Instant,
};

/// The longest turn, but for the frame that is being written at its end. A longer one makes the others wait (see the
/// benchmark `fair`), a shorter one costs throughput.
const LONGEST: Duration = Duration::from_micros(300);

/// A turn, from the first frame to the next pause.
#[derive(Default)]
pub(crate) struct Turn {
    frames: usize,
    /// A time after the second frame: a lone frame needs no look at the clock.
    since: Option<Instant>,
}

impl Turn {
    /// Counts a frame that goes out.
    pub(crate) fn frame(&mut self) {
        self.frames += 1;
    }

    /// Ready if another frame may be sent in this turn. Otherwise the task is woken for the next one.
    pub(crate) fn poll_go_on(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_over = self.frames > 1 && self.since.get_or_insert_with(Instant::now).elapsed() > LONGEST;
        if is_over {
            give_way(cx);
        } else if let Poll::Ready(progress) = poll_proceed(cx) {
            progress.made_progress();
            return Poll::Ready(());
        }
        *self = Self::default();
        Poll::Pending
    }
}

/// Wakes the task once the others of its thread have had their turn, and sockets and timers have been looked at. A task
/// that wakes itself is polled again before that.
pub(crate) fn give_way(cx: &mut Context<'_>) {
    let _ = pin!(yield_now()).poll(cx);
}
