//! The batch of a response: one frame of body bytes, written straight into by the format.

use std::time::{Duration, Instant};

use crate::{
    channel::Batch,
    content::{Content, Unwritable},
    format::{Ending, Format, Problem},
};

/// A frame is full when another packet like its longest one would make it longer than this.
const FRAME: usize = 16 * 1024;

/// What the first packet of a frame finds room for, so that a few small ones do not move it again and again.
const FIRST: usize = 256;

/// An action that computes without awaiting keeps a packet for no longer than this and its next packet.
const MAX_BATCH_AGE: Duration = Duration::from_millis(5);

pub(crate) struct Frame {
    format: Box<dyn Format>,
    bytes: Vec<u8>,
    /// The length of the longest packet in it.
    longest: usize,
    /// What to reserve for the next frame: a burst fills one frame after the other, a lone packet needs little.
    reserve: usize,
    age: Age,
}

/// A frame that is about to leave.
pub(crate) struct Packed {
    pub(crate) bytes: Vec<u8>,
    /// It has waited for long already, and the action goes on computing: it must be flushed before the next one.
    pub(crate) is_due: bool,
}

impl Frame {
    pub(crate) fn new(format: Box<dyn Format>) -> Self {
        Self { format, bytes: Vec::new(), longest: 0, reserve: FIRST, age: Age::default() }
    }

    /// Whether no packet is waiting in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What keeps an idle connection open, if the format has such a thing.
    pub(crate) fn heartbeat(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.format.heartbeat(&mut bytes);
        bytes
    }

    /// The last frame of an action that returned.
    pub(crate) fn done(mut self, result: Option<&[u8]>) -> Vec<u8> {
        self.format.done(result, &mut self.bytes);
        self.bytes
    }

    /// The last frame of an action that failed.
    pub(crate) fn failed(mut self, problem: &Problem) -> (Vec<u8>, Ending) {
        let ending = self.format.failed(problem, &mut self.bytes);
        (self.bytes, ending)
    }

    /// The last frame of an action whose client shall come back.
    pub(crate) fn come_back(mut self, delay: Duration) -> (Vec<u8>, Ending) {
        let ending = self.format.come_back(delay, &mut self.bytes);
        (self.bytes, ending)
    }
}

impl Batch for Frame {
    type Taken = Packed;

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(self.reserve);
        }
        let mut packet = Whole { start: self.bytes.len(), bytes: &mut self.bytes, written: false };
        self.format.packet(content, packet.bytes)?;
        packet.written = true;
        let length = packet.bytes.len() - packet.start;
        // For an empty text as it is nothing leaves, so nobody may wait for that.
        if length > 0 {
            self.longest = self.longest.max(length);
            self.age.packet();
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.bytes.len() + self.longest > FRAME
    }

    fn is_due(&self) -> bool {
        self.age.is_due
    }

    fn take(&mut self) -> Option<Packed> {
        if self.bytes.is_empty() {
            return None;
        }
        self.reserve = if self.is_full() { FRAME } else { FIRST };
        // One large packet says nothing of those that follow it.
        self.longest = 0;
        Some(Packed { bytes: std::mem::take(&mut self.bytes), is_due: self.age.take() })
    }
}

/// How long packets have been waiting in a frame, at the cost of a few looks at the clock.
#[derive(Default)]
pub(crate) struct Age {
    packets: u32,
    /// When the oldest packet came.
    first: Option<Instant>,
    /// When the last frame left that was due: as long as the action computes on, each packet is due by itself.
    due_before: Option<Instant>,
    pub(crate) is_due: bool,
}

impl Age {
    #[inline]
    pub(crate) fn packet(&mut self) {
        self.packets += 1;
        if self.packets % 16 == 0 || self.packets.is_power_of_two() {
            self.look();
        }
    }

    #[cold]
    fn look(&mut self) {
        let now = Instant::now();
        let since = if self.packets == 1 { self.due_before } else { self.first };
        self.is_due |= since.is_some_and(|since| now.duration_since(since) > MAX_BATCH_AGE);
        if self.packets == 1 {
            self.first = Some(now);
        }
    }

    pub(crate) fn take(&mut self) -> bool {
        let is_due = std::mem::take(&mut self.is_due);
        self.due_before = is_due.then(Instant::now);
        self.packets = 0;
        is_due
    }
}

/// A packet while it is written: cut off again if its format refuses it or its `Serialize` panics.
struct Whole<'a> {
    bytes: &'a mut Vec<u8>,
    start: usize,
    written: bool,
}

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        if !self.written {
            self.bytes.truncate(self.start);
        }
    }
}
