//! The bounded batch between an action and its reader.
//!
//! `self.stream(x)` writes `x` into the batch at once, and then waits only while the batch is full or has grown old.
//! The [driver](super::driver) polls the action and takes the batch whenever the action waits for anything, or has
//! ended. Packing, backpressure and concurrent senders all follow from that one rule; only a batch that is close to the last
//! one may [linger](super::linger) for a few turns.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use super::{channel_state::ChannelState, failure::Failure, unsent::Unsent};
use crate::packet::{
    content::{Content, Unwritable},
    gap::Gap,
    offer::Offer,
};

/// Packets that gather until the driver takes them: a frame of bytes, records for a log, or a list of packets.
pub(crate) trait Batch: Send + 'static {
    /// The packets as the driver takes them.
    type Packets: Send;

    /// Whether taking it costs so much that it should [wait for company](super::linger).
    const LINGERS: bool = false;

    /// Writes a packet whole or not at all: a refusal, and a panic on the way, leave the batch as it was.
    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable>;
    /// Writes that packets were missed; `false` if there is no room for that, and then the batch is as it was.
    fn gap(&mut self, gap: &Gap) -> bool;
    /// Whether it has no room for more.
    fn is_full(&self) -> bool;
    /// Whether there is nothing to take.
    fn is_empty(&self) -> bool;
    /// Takes what was put since the last call.
    fn take(&mut self) -> Self::Packets;
}

/// Packets that were ready together.
pub(crate) struct Taken<T> {
    pub(crate) packets: T,
    /// Whether they have waited too long already, while the action computes: they must leave before it is polled again.
    pub(crate) is_due: bool,
}

/// A batch with the tasks that wait for it: the senders for room, the driver for packets.
pub(crate) struct Channel<B> {
    state: Mutex<ChannelState<B>>,
    /// What has been taken and has not left.
    pub(crate) unsent: Arc<Unsent>,
}

impl<B: Batch> Channel<B> {
    pub(crate) fn new(batch: B) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(ChannelState::new(batch)), unsent: Arc::default() })
    }

    pub(crate) fn sender(self: &Arc<Self>) -> Sender {
        Sender { channel: Arc::clone(self) as Arc<dyn AnyChannel> }
    }

    /// Ends the action: it is dropped at its await point when the driver is polled next.
    pub(crate) fn stop(&self, why: Failure) {
        self.lock().stopped.get_or_insert(why);
    }

    /// Keeps the driver from taking the batch, until it is let go. A full batch then holds the action up.
    pub(crate) fn hold(&self, is_held: bool) {
        self.lock().is_held = is_held;
    }

    /// Whether the batch, which the driver has not taken, waits for more packets.
    pub(crate) fn lingers(&self) -> bool {
        let state = self.lock();
        B::LINGERS && !state.is_held && state.batch.as_ref().is_some_and(|batch| !batch.is_empty())
    }

    /// How many packets have been sent.
    pub(crate) fn packets(&self) -> u64 {
        self.lock().packets
    }

    /// Puts a packet into the batch, and wakes the driver for it once the lock is released.
    #[inline]
    fn put(mut state: MutexGuard<'_, ChannelState<B>>, content: &mut Content<'_>) -> SendState {
        let sent = state.put(content);
        let driver = state.take_driver();
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
        sent
    }

    /// A `Serialize` that panics while the lock is held leaves the batch whole (see [`Batch::put`]), so poison means
    /// nothing here; the panic goes on to the driver.
    pub(crate) fn lock(&self) -> MutexGuard<'_, ChannelState<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A channel as its senders see it, whatever its batch.
pub(crate) trait AnyChannel: Send + Sync {
    /// Puts a packet into the batch, however full it is.
    fn send(&self, content: &mut Content<'_>) -> SendState;
    /// Puts a packet into the batch if it has room, and gives `None` otherwise.
    fn try_send(&self, content: &mut Content<'_>) -> Option<SendState>;
    /// Ready when the batch with this number has been taken, or the stream has ended. Returns whether it goes on.
    fn poll_room(&self, batch: u64, cx: &mut Context<'_>) -> Poll<bool>;
    /// Ready when everything that was sent has left, or the stream has ended.
    fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()>;
    /// How many packets have been sent.
    #[cfg(feature = "test")]
    fn packets(&self) -> u64;
    /// Adds an emitter.
    fn enter(&self);
    /// Removes an emitter. A `failure` ends the action.
    fn leave(&self, failure: Option<Failure>);
}

/// The state of a channel after a send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SendState {
    /// The batch has room for more.
    Ready,
    /// The packet is in, and the batch with this number must leave before the next one.
    Wait(u64),
    /// The packet was refused, or a limit is reached: the action is about to be dropped, at this very send.
    Stopped,
    /// The stream has ended.
    Closed,
}

impl<B: Batch> AnyChannel for Channel<B> {
    fn send(&self, content: &mut Content<'_>) -> SendState {
        Self::put(self.lock(), content)
    }

    fn try_send(&self, content: &mut Content<'_>) -> Option<SendState> {
        let state = self.lock();
        (!state.is_full()).then(|| Self::put(state, content))
    }

    fn poll_room(&self, batch: u64, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.lock();
        if state.batch.is_none() {
            return Poll::Ready(false);
        }
        if state.taken > batch {
            return Poll::Ready(true);
        }
        if !state.senders.iter().any(|sender| sender.will_wake(cx.waker())) {
            state.senders.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        let state = self.lock();
        if state.batch.as_ref().is_none_or(B::is_empty) {
            drop(state);
            return self.unsent.poll_none(cx);
        }
        let batch = state.taken;
        drop(state);
        match self.poll_room(batch, cx) {
            Poll::Ready(_) => self.unsent.poll_none(cx),
            Poll::Pending => Poll::Pending,
        }
    }

    #[cfg(feature = "test")]
    fn packets(&self) -> u64 {
        self.lock().packets
    }

    fn enter(&self) {
        self.lock().emitters += 1;
    }

    fn leave(&self, failure: Option<Failure>) {
        let mut state = self.lock();
        state.emitters -= 1;
        let is_news = state.emitters == 0 || failure.is_some();
        if state.stopped.is_none() {
            state.stopped = failure;
        }
        let driver = if is_news { state.take_driver() } else { None };
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

/// The sending half of a channel: the hidden parameter of every streaming method.
#[derive(Clone)]
pub struct Sender {
    pub(super) channel: Arc<dyn AnyChannel>,
}

impl Sender {
    /// Sends a packet now. Awaiting the value waits until there is room for the next one.
    ///
    /// Nothing of the packet is kept in that value, so a lock guard or another temporary of the argument is dropped
    /// before the wait.
    #[expect(clippy::needless_pass_by_value, reason = "the packet ends here, before the wait")]
    pub fn offer<P>(&self, offer: Offer<P>) -> Sent<'_> {
        let state = self.channel.send(&mut (offer.content)(&offer.packet));
        Sent { sender: self, state }
    }

    /// How many packets have been sent.
    #[cfg(feature = "test")]
    pub(crate) fn packets(&self) -> u64 {
        self.channel.packets()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

/// A packet that has been sent: resolves when there is room for the next one.
#[derive(Debug)]
#[must_use = "without `.await` the action does not wait for its client"]
pub struct Sent<'a> {
    sender: &'a Sender,
    state: SendState,
}

impl Future for Sent<'_> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.state {
            SendState::Wait(batch) => self.sender.channel.poll_room(batch, cx).map(|_goes_on| ()),
            SendState::Stopped => Poll::Pending,
            SendState::Ready | SendState::Closed => Poll::Ready(()),
        }
    }
}
