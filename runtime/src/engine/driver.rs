//! The driver: one async-stream generator that runs an action's body and yields what it sends.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll},
};

use async_stream::stream;
use futures_core::{Stream, future::BoxFuture};

use super::{
    channel::{Batch, Channel, Taken},
    failure::Failure,
};

/// One item of the driver.
pub(crate) enum Step<B: Batch, R> {
    /// Packets that were ready together.
    Batch(Taken<B::Packets>),
    /// The end, with the batch itself: the packets that it still holds, and the way to write the ending.
    Ended(B, Result<R, Failure>),
}

/// Runs `body`, which sends through `channel`: yields each batch, then the end.
///
/// A body that has returned leaves the stream open for its emitters, unless what it returned `is_failure`.
pub(crate) fn drive<'a, B: Batch, R: 'a>(
    channel: Arc<Channel<B>>,
    body: BoxFuture<'a, R>,
    is_failure: fn(&R) -> bool,
) -> impl Stream<Item = Step<B, R>> {
    stream! {
        let mut driver = Driver { channel, body: Some(body), returned: None, is_failure };
        loop {
            let step = poll_fn(|cx| driver.poll_step(cx)).await;
            let ended = matches!(step, Step::Ended(..));
            yield step;
            if ended {
                break;
            }
        }
    }
}

struct Driver<'a, B: Batch, R> {
    channel: Arc<Channel<B>>,
    /// Dropped as soon as it has ended, before the end is yielded.
    body: Option<BoxFuture<'a, R>>,
    /// The value that it returned, while emitters hold the stream open.
    returned: Option<R>,
    is_failure: fn(&R) -> bool,
}

impl<B: Batch, R> Driver<'_, B, R> {
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step<B, R>> {
        // The body's own packets are taken after the poll; a wake for them would only poll it once more.
        let is_stopped = {
            let mut state = self.channel.lock();
            state.is_awaited = false;
            state.stopped.is_some()
        };
        let polled = if is_stopped { Ok(()) } else { self.poll_body(cx) };
        let mut state = self.channel.lock();
        let end = if let Some(why) = state.stopped.take() {
            Err(why)
        } else if let Err(panicked) = polled {
            Err(panicked)
        } else {
            match self.returned.take() {
                Some(returned) if state.emitters == 0 || (self.is_failure)(&returned) => Ok(returned),
                returned => {
                    self.returned = returned;
                    return state.poll_take(cx).map(Step::Batch);
                }
            }
        };
        let Some(batch) = state.close() else { unreachable!("the batch leaves only with the end") };
        // Destructors are the user's code, which must not run under the lock.
        drop(state);
        let dropped = self.drop_rest();
        Poll::Ready(Step::Ended(batch, end.and_then(|returned| dropped.map(|()| returned))))
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let Some(body) = &mut self.body else { return Ok(()) };
        match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Ok(()),
            Ok(Poll::Ready(returned)) => {
                let body = self.body.take();
                self.returned = Some(returned);
                catch_unwind(AssertUnwindSafe(|| drop(body))).map_err(Failure::panicked)
            }
            Err(panic) => Err(Failure::panicked(panic)),
        }
    }

    /// Drops what is left of the body. Its destructors may panic like the body itself.
    fn drop_rest(&mut self) -> Result<(), Failure> {
        let rest = (self.body.take(), self.returned.take());
        catch_unwind(AssertUnwindSafe(|| drop(rest))).map_err(Failure::panicked)
    }
}

/// A driver that is dropped before its end has lost its reader.
impl<B: Batch, R> Drop for Driver<'_, B, R> {
    fn drop(&mut self) {
        self.channel.lock().close();
    }
}
