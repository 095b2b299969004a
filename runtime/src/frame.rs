//! The batch of a response: one frame of body bytes, written straight into by the format.

use bytes::Bytes;

use crate::{
    failure::Problem,
    format::Format,
    outlet::Batch,
    packet::{Content, Unwritable},
};

/// A frame is full when another packet like its longest one would make it longer than this.
const FRAME: usize = 16 * 1024;

pub(crate) struct Frame {
    format: Box<dyn Format>,
    bytes: Vec<u8>,
    /// The length of the longest packet in it.
    longest: usize,
    /// What to reserve for the next frame: a burst fills one frame after the other, a lone packet needs little.
    reserve: usize,
}

impl Frame {
    pub(crate) fn new(format: Box<dyn Format>) -> Self {
        Self { format, bytes: Vec::new(), longest: 0, reserve: 0 }
    }

    /// Whether no packet is waiting in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The last frame of an action that returned.
    pub(crate) fn done(mut self, result: Option<&[u8]>) -> Bytes {
        self.format.done(result, &mut self.bytes);
        self.bytes.into()
    }

    /// The last frame of an action that failed.
    pub(crate) fn failed(mut self, problem: &Problem) -> Bytes {
        self.format.failed(problem, &mut self.bytes);
        self.bytes.into()
    }
}

impl Batch for Frame {
    type Taken = Bytes;

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(self.reserve);
        }
        let mut packet = Whole { start: self.bytes.len(), bytes: &mut self.bytes, written: false };
        self.format.packet(content, packet.bytes)?;
        packet.written = true;
        self.longest = self.longest.max(packet.bytes.len() - packet.start);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.bytes.len() + self.longest > FRAME
    }

    fn take(&mut self) -> Option<Bytes> {
        if self.bytes.is_empty() {
            return None;
        }
        self.reserve = if self.is_full() { FRAME } else { 0 };
        // One large packet says nothing of those that follow it.
        self.longest = 0;
        Some(std::mem::take(&mut self.bytes).into())
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
