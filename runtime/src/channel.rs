//! The sending half: a bounded batch.
//!
//! `self.stream(x)` in an action writes `x` into the batch at once and then waits only while the batch is full, or has waited
//! for too long itself.
//! The driver (see [`crate::generator`]) polls the action and takes the batch whenever the action waits for
//! anything, or has ended. Packing, backpressure and concurrent senders all follow from that one rule.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{
    content::{Content, Unwritable},
    emitter::Emitter,
    failure::Failure,
    streams::{AskEmitter, Offer},
};

/// Where packets gather until the driver takes them: a frame of bytes, or a list of packets.
pub(crate) trait Batch: Send + 'static {
    /// What the driver takes.
    type Taken: Send;

    /// Writes a packet whole or not at all: a refusal, and a panic on the way, leave the batch as it was.
    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable>;
    /// Whether it has no room for more.
    fn is_full(&self) -> bool;
    /// Whether it has waited for so long that it must leave although there is room.
    fn is_due(&self) -> bool;
    /// What was put since the last call, if anything.
    fn take(&mut self) -> Option<Self::Taken>;
}

/// A batch with those who wait for it: the senders for room, the driver for packets.
pub(crate) struct Channel<B> {
    state: Mutex<State<B>>,
}

pub(crate) struct State<B> {
    /// `None` once the stream has ended: the batch has left with the end, and later packets have no reader.
    pub(crate) batch: Option<B>,
    /// Why the action must end here: a packet was refused, or a limit is reached.
    pub(crate) stopped: Option<Failure>,
    /// How many packets have been sent.
    packets: u64,
    /// How many batches have been taken. A sender that filled batch n waits for batch n+1.
    taken: u64,
    /// How many emitters hold the stream open.
    pub(crate) emitters: usize,
    senders: Vec<Waker>,
    /// Whether the driver waits for the next packet.
    pub(crate) is_awaited: bool,
    /// Wakes the driver. It is kept from one wait to the next, because mostly the same task waits again.
    driver: Option<Waker>,
}

impl<B: Batch> Channel<B> {
    pub(crate) fn new(batch: B) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                batch: Some(batch),
                stopped: None,
                packets: 0,
                taken: 0,
                emitters: 0,
                senders: Vec::new(),
                is_awaited: false,
                driver: None,
            }),
        })
    }

    pub(crate) fn sender(self: &Arc<Self>) -> Sender {
        Sender { channel: Arc::clone(self) as Arc<dyn Sending> }
    }

    /// Ends the action: it is dropped where it waits when the driver is polled next.
    pub(crate) fn stop(&self, why: Failure) {
        self.lock().stopped.get_or_insert(why);
    }

    /// How many packets have been sent.
    pub(crate) fn packets(&self) -> u64 {
        self.lock().packets
    }

    /// A `Serialize` that panics while the lock is held leaves the batch whole (see [`Batch::put`]), so poison means
    /// nothing here; the panic goes on to the driver.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Batch> State<B> {
    /// Takes the batch for good: from now on nobody reads, and whoever waits for room is told so.
    pub(crate) fn close(&mut self) -> Option<B> {
        self.senders.drain(..).for_each(Waker::wake);
        self.batch.take()
    }

    /// The driver, if it waits: once for each wait.
    fn whom_to_wake(&mut self) -> Option<Waker> {
        if std::mem::take(&mut self.is_awaited) { self.driver.take() } else { None }
    }

    /// Takes what has gathered and lets the senders go on, or leaves word to be woken by the next packet.
    pub(crate) fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<B::Taken> {
        match self.batch.as_mut().and_then(B::take) {
            Some(taken) => {
                self.taken += 1;
                for sender in self.senders.drain(..) {
                    // A sender that waits in the driver's own task is polled with it; a wake would only make
                    // the connection's task run once for nothing.
                    if !sender.will_wake(cx.waker()) {
                        sender.wake();
                    }
                }
                Poll::Ready(taken)
            }
            None => {
                if !self.driver.as_ref().is_some_and(|driver| driver.will_wake(cx.waker())) {
                    self.driver = Some(cx.waker().clone());
                }
                self.is_awaited = true;
                Poll::Pending
            }
        }
    }
}

/// A channel as the senders see it, whatever its batch.
pub(crate) trait Sending: Send + Sync {
    /// Puts a packet into the batch, unless it is full and the sender will not `wait`.
    fn offer(&self, content: &Content<'_>, wait: bool) -> Room;
    /// Ready when the batch with this number has been taken, or the stream has ended.
    fn poll_room(&self, batch: u64, cx: &mut Context<'_>) -> Poll<Room>;
    /// One more emitter.
    fn enter(&self);
    /// One emitter fewer. A `failure` ends the action.
    fn leave(&self, failure: Option<Failure>);
}

/// What a sender finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// The batch has room for more.
    Now,
    /// The packet is in, and the batch with this number must leave before the next one.
    After(u64),
    /// The batch was full already.
    Full,
    /// The packet was refused, or a limit is reached: the action is about to be dropped, at this very send.
    Never,
    /// The stream has ended.
    Closed,
}

impl<B: Batch> Sending for Channel<B> {
    fn offer(&self, content: &Content<'_>, wait: bool) -> Room {
        let mut state = self.lock();
        let State { batch, stopped, packets, taken, .. } = &mut *state;
        if stopped.is_some() {
            return Room::Never;
        }
        let Some(batch) = batch else {
            return Room::Closed;
        };
        if !wait && batch.is_full() {
            return Room::Full;
        }
        let room = match batch.put(content) {
            Ok(()) => {
                *packets += 1;
                if batch.is_full() || batch.is_due() { Room::After(*taken) } else { Room::Now }
            }
            Err(why) => {
                *stopped = Some(Failure::unwritable(&why));
                Room::Never
            }
        };
        let driver = state.whom_to_wake();
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
        room
    }

    fn poll_room(&self, batch: u64, cx: &mut Context<'_>) -> Poll<Room> {
        let mut state = self.lock();
        if state.batch.is_none() {
            return Poll::Ready(Room::Closed);
        }
        if state.taken > batch {
            return Poll::Ready(Room::Now);
        }
        if !state.senders.iter().any(|sender| sender.will_wake(cx.waker())) {
            state.senders.push(cx.waker().clone());
        }
        Poll::Pending
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
        let driver = if is_news { state.whom_to_wake() } else { None };
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

/// The hidden parameter of every streaming method: where its packets go.
#[derive(Clone)]
pub struct Sender {
    pub(crate) channel: Arc<dyn Sending>,
}

impl Sender {
    /// Sends a packet now; the value to await gives the sender its turn back when there is room for more.
    ///
    /// Nothing of the packet is kept in that value, so a lock guard or another temporary of the argument is
    /// dropped before the wait.
    #[expect(clippy::needless_pass_by_value, reason = "the packet ends here, before the wait")]
    pub fn offer<P>(&self, offer: Offer<P>) -> Sent<'_> {
        let room = self.channel.offer(&(offer.content)(&offer.packet), true);
        Sent { sender: self, room }
    }

    /// A handle for places where `self.stream` cannot be.
    pub fn emitter(&self, _asked: AskEmitter) -> Emitter {
        Emitter::new(self.clone())
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
    room: Room,
}

impl Future for Sent<'_> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.room {
            Room::After(batch) => self.sender.channel.poll_room(batch, cx).map(|_| ()),
            Room::Never => Poll::Pending,
            Room::Now | Room::Full | Room::Closed => Poll::Ready(()),
        }
    }
}
