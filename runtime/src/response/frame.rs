//! One frame of a body: the format writes packets, and the end, straight into its bytes.

use std::mem;

use crate::{
    engine::channel::Batch,
    format::{Ending, Format, problem::Problem},
    head::held::HeldHead,
    packet::{
        content::{Content, Unwritable},
        gap::Gap,
    },
    retry::come_back_after,
};

/// A frame is full when another packet like its longest one would make it longer than this.
const FRAME: usize = 16 * 1024;

/// The room reserved for the first packets of a frame, so that a few small ones do not move it again and again.
const FIRST: usize = 256;

/// The frame that is being written, and the format that writes it.
pub(crate) struct Frame {
    format: Box<dyn Format>,
    bytes: Vec<u8>,
    /// The length of the longest packet in it.
    longest: usize,
    /// The room to reserve for the next frame: a burst fills one frame after the other, a lone packet needs little.
    reserve: usize,
    /// Whether the opening bytes have been written.
    has_begun: bool,
    /// The head of its response, which leaves with the first packet.
    head: Option<HeldHead>,
}

impl Frame {
    /// A frame of a new response.
    pub(crate) fn new(format: Box<dyn Format>, head: Option<HeldHead>) -> Self {
        Self { format, bytes: Vec::new(), longest: 0, reserve: FIRST, has_begun: false, head }
    }

    /// A frame of a response that follows a run, after the packet with this number.
    pub(crate) fn resumed(mut format: Box<dyn Format>, after: u64) -> Self {
        let mut bytes = Vec::new();
        format.resume(after, &mut bytes);
        Self { bytes, has_begun: true, ..Self::new(format, None) }
    }

    pub(crate) fn format(&mut self) -> &mut dyn Format {
        &mut *self.format
    }

    /// Reserves room for this many more bytes, because a frame that grows is moved each time.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    /// Writes packets of a run that are JSON already, numbered from `first` on, up to one that the format refuses.
    pub(crate) fn put_json(&mut self, first: u64, packets: &mut dyn Iterator<Item = &[u8]>) -> Result<(), Unwritable> {
        self.format.resume_packets(first, packets, &mut self.bytes)
    }

    /// The bytes that open the response, if its head leaves before its first packet.
    pub(crate) fn open(&mut self) -> Vec<u8> {
        if self.has_begun {
            return Vec::new();
        }
        self.begin();
        self.take()
    }

    /// Writes what comes before the first packet, unless that has been done.
    fn begin(&mut self) {
        if !mem::replace(&mut self.has_begun, true) {
            self.format.begin(&mut self.bytes);
        }
    }

    /// The last frame of an action that returned.
    pub(crate) fn done(&mut self, result: Option<&[u8]>) -> Vec<u8> {
        self.begin();
        self.format.done(result, &mut self.bytes);
        self.take()
    }

    /// The last frame of an action that failed.
    pub(crate) fn failed(&mut self, problem: &Problem) -> (Vec<u8>, Ending) {
        self.begin();
        let ending = self.format.failed(problem, &mut self.bytes);
        (self.take(), ending)
    }

    /// The last frame of a response whose client should come back.
    pub(crate) fn come_back(&mut self) -> (Vec<u8>, Ending) {
        self.begin();
        let ending = self.format.come_back(come_back_after(), &mut self.bytes);
        (self.take(), ending)
    }
}

impl Batch for Frame {
    type Packets = Vec<u8>;

    /// A frame is a write to the socket.
    const LINGERS: bool = true;

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        let mut packet = Whole { start: self.bytes.len(), bytes: &mut self.bytes, written: false };
        if packet.bytes.capacity() == 0 {
            packet.bytes.reserve(self.reserve);
        }
        if !self.has_begun {
            self.format.begin(packet.bytes);
        }
        self.format.packet(content, packet.bytes)?;
        packet.written = true;
        // A document leaves whole, and its head with it.
        if !packet.bytes.is_empty() {
            if let Some(head) = self.head.take() {
                head.leave();
            }
        }
        // A packet that is refused takes the opening bytes with it.
        self.has_begun = true;
        self.longest = self.longest.max(packet.bytes.len() - packet.start);
        Ok(())
    }

    fn gap(&mut self, gap: &Gap) -> bool {
        let mut notice = Whole { start: self.bytes.len(), bytes: &mut self.bytes, written: false };
        if !self.has_begun {
            self.format.begin(notice.bytes);
        }
        if self.format.gap(gap, notice.bytes) == Ending::Cut {
            return false;
        }
        notice.written = true;
        if let Some(head) = self.head.take() {
            head.leave();
        }
        self.has_begun = true;
        true
    }

    fn is_full(&self) -> bool {
        self.bytes.len() + self.longest > FRAME
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn take(&mut self) -> Vec<u8> {
        self.reserve = if self.is_full() { FRAME } else { FIRST };
        // One large packet says nothing about those that follow it.
        self.longest = 0;
        mem::take(&mut self.bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A format that notices what it can't carry when it has written it already.
    struct NoNulls;

    impl Format for NoNulls {
        fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
            out.extend_from_slice(format!("{}:", content.number()).as_bytes());
            content.write_json(out)?;
            if out.ends_with(b"null") { Err(Unwritable::new("a null")) } else { Ok(()) }
        }

        fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
            Ending::Cut
        }
    }

    #[test]
    fn packets_of_a_run_are_written_up_to_one_that_is_refused_which_leaves_nothing() {
        let mut frame = Frame::resumed(Box::new(NoNulls), 7);
        let mut packets = ["1", "2", "null", "3"].map(str::as_bytes).into_iter();
        frame.put_json(8, &mut packets).unwrap_err();
        assert_eq!(frame.take(), b"8:19:2");
        assert_eq!(packets.next(), Some(&b"3"[..]));
    }
}
