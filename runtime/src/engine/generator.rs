//! An action called from Rust code: a stream of its packets, then its return value.

use std::{
    any::type_name,
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{Stream, future::BoxFuture, stream::BoxStream};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::{
    channel::{Batch, Channel, Sender},
    driver::{Step, drive},
    failure::Failure,
};
use crate::packet::{
    content::{Content, Unwritable},
    gap::Gap,
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
///
/// [`collect`](Generator::collect) reads it to its end in one call.
#[must_use = "an action does nothing until its generator is polled"]
pub struct Generator<'a, R> {
    steps: BoxStream<'a, Step<Packets, R>>,
    ready: VecDeque<Sent>,
    end: Option<Result<R, Failure>>,
}

/// One item of a [`Generator`].
#[derive(Debug)]
pub enum Event<R> {
    /// A packet sent by `self.stream(..)`.
    Packet(Packet),
    /// Packets that a hub dropped before the method could send them.
    Gap(Gap),
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

impl<R> Generator<'_, R> {
    /// Runs the action to its end, and gives its packets, each read as a `P`, with the value that the method returned. An
    /// `Err` that the method returned is such a value too, so the packets before it are there.
    ///
    /// Raw text is read as a string, and bytes as a list of numbers. To collect the events themselves, call
    /// `StreamExt::collect(generator)`.
    ///
    /// ```
    /// # use outflow::{action, controller};
    /// # struct Countdown;
    /// # #[controller]
    /// # impl Countdown {
    /// #[action]
    /// async fn launch(&self) -> Result<(), String> {
    ///     self.stream(3);
    ///     self.stream(2);
    ///     Err("hold".to_owned())
    /// }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let all = Countdown.launch().collect::<u32>().await.unwrap();
    /// assert_eq!(all.packets, [3, 2]);
    /// assert_eq!(all.result, Err("hold".to_owned()));
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the method did not return, because it panicked or sent a packet that could not be written, and if a packet is
    /// no `P`.
    pub async fn collect<P: DeserializeOwned>(mut self) -> Result<Whole<P, R>, Failure> {
        let mut packets = Vec::new();
        loop {
            match self.next().await {
                Some(Event::Packet(packet)) => match packet.value() {
                    Ok(packet) => packets.push(packet),
                    Err(error) => {
                        let (number, ty) = (packets.len() + 1, type_name::<P>());
                        return Err(Failure::broken(format!("its packet {number} is no `{ty}`: {error}")));
                    }
                },
                Some(Event::Gap(gap)) => {
                    let missed =
                        gap.missed().map_or_else(|| "an unknown number of".to_owned(), |missed| missed.to_string());
                    return Err(Failure::broken(format!("it missed {missed} packets: read its events one by one")));
                }
                Some(Event::Done(result)) => return Ok(Whole { packets, result }),
                Some(Event::Failed(failure)) => return Err(failure),
                None => return Err(Failure::broken("its generator had been read to its end before")),
            }
        }
    }
}

/// An action that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole<P, R> {
    /// The packets, in their order.
    pub packets: Vec<P>,
    /// The result: the value that the action returned.
    pub result: R,
}

impl<R> Unpin for Generator<'_, R> {}

impl<R> Stream for Generator<'_, R> {
    type Item = Event<R>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event<R>>> {
        let this = self.get_mut();
        loop {
            match this.ready.pop_front() {
                Some(Sent::Packet(packet)) => return Poll::Ready(Some(Event::Packet(packet))),
                Some(Sent::Gap(gap)) => return Poll::Ready(Some(Event::Gap(gap))),
                None => {}
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
pub(crate) struct Packets(VecDeque<Sent>);

/// What a method has sent.
pub(crate) enum Sent {
    Packet(Packet),
    Gap(Gap),
}

impl Batch for Packets {
    type Packets = VecDeque<Sent>;

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        self.0.push_back(Sent::Packet(content.to_packet()?));
        Ok(())
    }

    fn gap(&mut self, gap: &Gap) -> bool {
        self.0.push_back(Sent::Gap(gap.clone()));
        true
    }

    fn is_full(&self) -> bool {
        !self.0.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self) -> VecDeque<Sent> {
        std::mem::take(&mut self.0)
    }
}
