//! The state of a channel: the batch, and the tasks that wait for it.

use std::task::{Context, Poll, Waker};

use super::{
    age::Age,
    channel::{Batch, SendState, Taken},
    failure::Failure,
    linger::Linger,
};
use crate::{
    format::problem::Problem,
    packet::{content::Content, notice::Notice},
};

/// What a channel guards by its lock.
pub(crate) struct ChannelState<B> {
    /// `None` once the stream has ended: the batch has left with the end, and later packets have no reader.
    pub(crate) batch: Option<B>,
    age: Age,
    /// Why the action must end here: a packet was refused, or a limit is reached.
    pub(crate) stopped: Option<Failure>,
    /// How many packets have been sent.
    pub(super) packets: u64,
    /// How many batches have been taken. A sender that filled batch n waits for batch n+1.
    pub(super) taken: u64,
    linger: Linger,
    /// Whether the reader is not ready for the next batch: the action may run on, and its packets gather.
    pub(super) is_held: bool,
    /// How many emitters hold the stream open.
    pub(crate) emitters: usize,
    pub(super) senders: Vec<Waker>,
    /// Whether the driver waits for the next packet.
    pub(crate) is_awaited: bool,
    /// Wakes the driver. It is kept from one wait to the next, because mostly the same task waits again.
    driver: Option<Waker>,
}

impl<B: Batch> ChannelState<B> {
    pub(super) fn new(batch: B) -> Self {
        Self {
            batch: Some(batch),
            age: Age::default(),
            stopped: None,
            packets: 0,
            taken: 0,
            linger: Linger::default(),
            is_held: false,
            emitters: 0,
            senders: Vec::new(),
            is_awaited: false,
            driver: None,
        }
    }

    /// Takes the batch for good: from now on nothing is read, and the senders that wait for room are woken.
    pub(crate) fn close(&mut self) -> Option<B> {
        self.senders.drain(..).for_each(Waker::wake);
        self.batch.take()
    }

    /// The driver's waker, if it waits: once for each wait.
    pub(super) fn take_driver(&mut self) -> Option<Waker> {
        if std::mem::take(&mut self.is_awaited) { self.driver.take() } else { None }
    }

    /// Takes what has gathered and lets the senders go on, or registers to be woken by the next packet. A batch that is
    /// close to the last one may [linger](Linger).
    #[inline]
    pub(crate) fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Taken<B::Packets>> {
        let Some(batch) = self.batch.as_mut().filter(|batch| !self.is_held && !batch.is_empty()) else {
            self.await_packet(cx);
            return Poll::Pending;
        };
        if B::LINGERS && !batch.is_full() && self.linger.goes_on(&self.age, self.packets) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let packets = batch.take();
        self.taken += 1;
        for sender in self.senders.drain(..) {
            // A sender that waits in the driver's own task is polled with it; a wake would only make the connection's
            // task run once for nothing.
            if !sender.will_wake(cx.waker()) {
                sender.wake();
            }
        }
        Poll::Ready(Taken { packets, is_due: self.age.take() })
    }

    /// Has the next packet wake the driver.
    fn await_packet(&mut self, cx: &Context<'_>) {
        if !self.driver.as_ref().is_some_and(|driver| driver.will_wake(cx.waker())) {
            self.driver = Some(cx.waker().clone());
        }
        self.is_awaited = true;
    }

    /// Whether a packet would find no room. A stream that has ended turns every packet away for another reason.
    pub(super) fn is_full(&self) -> bool {
        self.stopped.is_none() && self.batch.as_ref().is_some_and(B::is_full)
    }

    /// Puts a packet into the batch, unless the stream has ended.
    #[inline]
    pub(super) fn put(&mut self, content: &mut Content<'_>) -> SendState {
        if self.stopped.is_some() {
            return SendState::Stopped;
        }
        if let Some(notice) = content.notice() {
            return self.notice(notice);
        }
        let Some(batch) = &mut self.batch else {
            return SendState::Closed;
        };
        content.set_number(self.packets + 1);
        if let Err(why) = batch.put(content) {
            self.stopped = Some(Failure::unwritable(&why));
            return SendState::Stopped;
        }
        self.packets += 1;
        // An empty raw text leaves nothing to send, so nobody may wait for it to be taken.
        if !batch.is_empty() {
            self.age.packet();
        }
        if batch.is_full() || self.age.is_due() { SendState::Wait(self.taken) } else { SendState::Ready }
    }

    /// Takes what stands in the place of a packet: a gap that the batch has room for, or the end of the action.
    #[cold]
    fn notice(&mut self, notice: Notice<'_>) -> SendState {
        let Some(batch) = &mut self.batch else { return SendState::Closed };
        self.stopped = Some(match notice {
            Notice::Gap(gap) if batch.gap(gap) => {
                return if batch.is_full() { SendState::Wait(self.taken) } else { SendState::Ready };
            }
            Notice::Gap(gap) => Failure::returned(Problem::of_gap(gap)),
            Notice::Stop(stop) => Failure::returned(Problem::of_stop(stop)),
        });
        SendState::Stopped
    }
}
