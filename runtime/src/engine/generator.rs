//! An action called from Rust code: a stream of its packets, then its return value.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{Stream, future::BoxFuture, stream::BoxStream};

use super::{
    channel::{Batch, Channel, Sender},
    driver::{Step, drive},
    failure::Failure,
};
use crate::packet::{
    content::{Content, Unwritable},
    packet::Packet,
};

/// An action that was called from Rust: a [`Stream`] of its packets, then its return value.
///
/// `R` is the method's own return type, borrows included; `'a` is the lifetime of the controller it was called on.
/// Nothing runs before the generator is polled, and dropping it drops the action at its await point. It never runs
/// ahead: the action waits at `self.stream` until its packet has been read.
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
    /// The value that the method returned: the last event. A method that returns a `Result` gives its `Err` here too.
    Done(R),
    /// The method did not return: it panicked, or sent a packet that could not be written. The last event.
    Failed(Failure),
}

impl<'a, R: Send + 'a> Generator<'a, R> {
    /// Runs the body that `start` makes with a sender. A value that `is_failure` ends the stream at once, any other one
    /// with its last emitter.
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
                Some(Step::Batch(taken)) => this.ready = taken.packets,
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
    type Packets = VecDeque<Packet>;

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        self.0.push_back(content.to_packet()?);
        Ok(())
    }

    fn is_full(&self) -> bool {
        !self.0.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self) -> VecDeque<Packet> {
        std::mem::take(&mut self.0)
    }
}
