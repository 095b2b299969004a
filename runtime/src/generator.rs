//! The driver: one async-stream generator that runs an action's body and yields what it sends.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_stream::stream;
use futures_core::{Stream, future::BoxFuture, stream::BoxStream};

use crate::{
    channel::{Batch, Channel, Sender},
    content::{Content, Unwritable},
    failure::Failure,
    packet::Packet,
};

/// What the driver yields.
pub(crate) enum Step<B: Batch, R> {
    /// Packets that were ready together.
    Batch(B::Taken),
    /// The end, with the batch itself: what it still holds, and the way to write the ending.
    Ended(B, Result<R, Failure>),
}

/// Runs `body`, whose sender is that of `channel`: yields each batch, then the end.
///
/// A body that returned leaves the stream open for its emitters, unless what it returned `is_failure`.
pub(crate) fn drive<'a, B: Batch, R: 'a>(
    channel: Arc<Channel<B>>,
    body: BoxFuture<'a, R>,
    is_failure: fn(&R) -> bool,
) -> impl Stream<Item = Step<B, R>> {
    stream! {
        let mut run = Run { channel, body: Some(body), returned: None, is_failure };
        loop {
            let step = poll_fn(|cx| run.poll_step(cx)).await;
            let ended = matches!(step, Step::Ended(..));
            yield step;
            if ended {
                break;
            }
        }
    }
}

/// A body that runs.
struct Run<'a, B: Batch, R> {
    channel: Arc<Channel<B>>,
    /// Dropped as soon as it has ended, before the end is told.
    body: Option<BoxFuture<'a, R>>,
    /// What it returned, while emitters hold the stream open.
    returned: Option<R>,
    is_failure: fn(&R) -> bool,
}

impl<B: Batch, R> Run<'_, B, R> {
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

    /// Drops what is left of the body, whose destructors may panic like the body itself.
    fn drop_rest(&mut self) -> Result<(), Failure> {
        let rest = (self.body.take(), self.returned.take());
        catch_unwind(AssertUnwindSafe(|| drop(rest))).map_err(Failure::panicked)
    }
}

/// A run that is dropped before its end has lost its reader.
impl<B: Batch, R> Drop for Run<'_, B, R> {
    fn drop(&mut self) {
        self.channel.lock().close();
    }
}

/// What an action gives when it is called from Rust: a [`Stream`] of its packets, then what it returned.
///
/// `R` is the method's own return type, borrowed things and all; `'a` is the life of the controller it was called
/// on. Nothing runs before the generator is polled, and dropping it drops the action at its await point. It never
/// runs ahead: the action waits at `self.stream` until its packet has been read.
///
/// ```
/// use futures_util::StreamExt as _;
/// use outflow::{Event, action, controller};
///
/// struct Countdown;
///
/// #[controller]
/// impl Countdown {
///     #[action]
///     async fn launch(&self) -> &'static str {
///         self.stream(3);
///         "lift-off"
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut events = Countdown.launch();
/// let Some(Event::Packet(packet)) = events.next().await else { panic!("no packet") };
/// assert_eq!(packet.json::<u32>().unwrap(), 3);
/// assert!(matches!(events.next().await, Some(Event::Done("lift-off"))));
/// assert!(events.next().await.is_none());
/// # }
/// ```
#[must_use = "an action does nothing until its generator is polled"]
pub struct Generator<'a, R> {
    steps: BoxStream<'a, Step<Packets, R>>,
    ready: VecDeque<Packet>,
    end: Option<Result<R, Failure>>,
}

/// One item of a [`Generator`].
#[derive(Debug)]
pub enum Event<R> {
    /// A packet sent by `self.stream(..)`.
    Packet(Packet),
    /// What the method returned: the last event. A method that returns a `Result` gives its `Err` here too.
    Done(R),
    /// The method did not return: it panicked, or sent a packet that could not be written. The last event.
    Failed(Failure),
}

impl<'a, R: Send + 'a> Generator<'a, R> {
    /// Runs what `start` makes of the sending half, up to what `is_failure` or the last emitter.
    #[doc(hidden)]
    pub fn new(start: impl FnOnce(Sender) -> BoxFuture<'a, R>, is_failure: fn(&R) -> bool) -> Self {
        let channel = Channel::new(Packets::default());
        let body = start(channel.sender());
        Self { steps: Box::pin(drive(channel, body, is_failure)), ready: VecDeque::new(), end: None }
    }
}

impl<R> Unpin for Generator<'_, R> {}

impl<R> Stream for Generator<'_, R> {
    type Item = Event<R>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event<R>>> {
        let this = self.get_mut();
        loop {
            if let Some(packet) = this.ready.pop_front() {
                return Poll::Ready(Some(Event::Packet(packet)));
            }
            match this.end.take() {
                Some(Ok(returned)) => return Poll::Ready(Some(Event::Done(returned))),
                Some(Err(failure)) => return Poll::Ready(Some(Event::Failed(failure))),
                None => {}
            }
            match ready!(this.steps.as_mut().poll_next(cx)) {
                None => return Poll::Ready(None),
                Some(Step::Batch(packets)) => this.ready = packets,
                Some(Step::Ended(packets, end)) => {
                    this.ready = packets.0;
                    this.end = Some(end);
                }
            }
        }
    }
}

impl<R> fmt::Debug for Generator<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").finish_non_exhaustive()
    }
}

/// The batch of a [`Generator`]: a sender waits until its packet has been taken.
#[derive(Default)]
pub(crate) struct Packets(VecDeque<Packet>);

impl Batch for Packets {
    type Taken = VecDeque<Packet>;

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        self.0.push_back(content.to_packet()?);
        Ok(())
    }

    fn is_full(&self) -> bool {
        !self.0.is_empty()
    }

    fn is_due(&self) -> bool {
        false
    }

    fn take(&mut self) -> Option<VecDeque<Packet>> {
        (!self.0.is_empty()).then(|| std::mem::take(&mut self.0))
    }
}
