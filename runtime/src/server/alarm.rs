//! A timer for a task that is polled often for other reasons.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures_util::FutureExt as _;
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

/// A timer that is set only when a task waits, and kept from one wait to the next. A deadline may move back at no cost:
/// the timer stays where it is, and is moved when it goes off too early.
#[derive(Default)]
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    /// The waker that the timer wakes.
    waker: Option<Waker>,
}

impl Alarm {
    /// Ready once this instant has come. Until then the task is woken at that time or earlier.
    pub(crate) fn poll_at(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if sleep.deadline() > due {
            sleep.as_mut().reset(due);
            self.waker = None;
        }
        let is_set = self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        if is_set && !sleep.is_elapsed() {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        // A poll that finds the task's budget used up would not register the waker.
        while unconstrained(sleep.as_mut()).poll_unpin(cx).is_ready() {
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(due);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use super::*;

    async fn at(alarm: &mut Alarm, due: Instant) {
        poll_fn(|cx| alarm.poll_at(due, cx)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_off_when_it_is_due() {
        let (start, mut alarm) = (Instant::now(), Alarm::default());
        for seconds in [3, 5] {
            at(&mut alarm, start + Duration::from_secs(seconds)).await;
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_moves_is_kept_both_ways() {
        let (start, mut alarm) = (Instant::now(), Alarm::default());
        for seconds in [10, 20, 15] {
            let due = start + Duration::from_secs(seconds);
            assert!(poll_fn(|cx| Poll::Ready(alarm.poll_at(due, cx))).await.is_pending());
        }
        at(&mut alarm, start + Duration::from_secs(15)).await;
        assert_eq!(start.elapsed().as_secs(), 15);
    }
}
