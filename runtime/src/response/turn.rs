//! The turn of a body that always has something to send: it ends in time for the other connections of its thread.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use tokio::task::{coop::poll_proceed, yield_now};

/// The longest turn. The budget of tokio's tasks ends it earlier if the frames are cheap.
const LONGEST: Duration = Duration::from_millis(5);

/// A turn, from the first frame to the next pause.
#[derive(Default)]
pub(crate) struct Turn {
    frames: usize,
    /// A time after the second frame: a lone frame needs no look at the clock.
    since: Option<Instant>,
    others: Option<Arc<Others>>,
}

impl Turn {
    /// Begins a new turn.
    pub(crate) fn restart(&mut self) {
        (self.frames, self.since) = (0, None);
    }

    /// Counts a frame that goes out.
    pub(crate) fn frame(&mut self) {
        self.frames += 1;
    }

    /// Ready if another frame may be sent in this turn. Otherwise the task is woken for the next one.
    pub(crate) fn poll_go_on(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_over() {
            give_way(cx);
        } else if let Poll::Ready(progress) = poll_proceed(cx) {
            progress.made_progress();
            return Poll::Ready(());
        }
        self.restart();
        Poll::Pending
    }

    fn is_over(&mut self) -> bool {
        if self.frames < 2 {
            return false;
        }
        let Some(since) = self.since else {
            self.since = Some(Instant::now());
            self.others.get_or_insert_default().watch();
            return false;
        };
        // A connection does not poll its body while its socket is full, so the clock may have counted a wait.
        if self.others.as_ref().is_some_and(|others| others.had_turn.load(Ordering::Relaxed)) {
            self.restart();
            return false;
        }
        since.elapsed() > LONGEST
    }
}

/// The other tasks of the thread, and its sockets and timers.
#[derive(Default)]
struct Others {
    had_turn: AtomicBool,
}

impl Others {
    /// Notes when all of them have had their turn.
    fn watch(self: &Arc<Self>) {
        self.had_turn.store(false, Ordering::Relaxed);
        give_way(&mut Context::from_waker(&Waker::from(self.clone())));
    }
}

impl Wake for Others {
    fn wake(self: Arc<Self>) {
        self.had_turn.store(true, Ordering::Relaxed);
    }
}

/// Wakes the task once the others of its thread have had their turn, and sockets and timers have been looked at. A task
/// that wakes itself is polled again before that.
pub(crate) fn give_way(cx: &mut Context<'_>) {
    let _ = pin!(yield_now()).poll(cx);
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, thread};

    use super::*;

    /// Takes longer than a turn may.
    fn block() {
        thread::sleep(LONGEST * 2);
    }

    /// Whether the turn lets another frame out.
    async fn goes_on(turn: &mut Turn) -> bool {
        poll_fn(|cx| Poll::Ready(turn.poll_go_on(cx).is_ready())).await
    }

    async fn after_three_frames() -> Turn {
        let mut turn = Turn::default();
        for _ in 0..3 {
            assert!(goes_on(&mut turn).await);
            turn.frame();
        }
        turn
    }

    #[tokio::test]
    async fn a_turn_ends_when_it_has_taken_too_long() {
        let mut turn = after_three_frames().await;
        block();
        assert!(!goes_on(&mut turn).await);
        assert!(goes_on(&mut turn).await);
    }

    #[tokio::test]
    async fn a_wait_for_the_socket_is_a_pause() {
        let mut turn = after_three_frames().await;
        block();
        yield_now().await;
        assert!(goes_on(&mut turn).await);
    }
}
