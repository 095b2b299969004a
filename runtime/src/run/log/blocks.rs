//! Records in the blocks in which they were appended, found by their numbers.

use std::collections::VecDeque;

use super::{Seq, records::Records};

/// The last records of a run.
#[derive(Debug)]
pub(crate) struct Blocks {
    /// Each block with the number of its last record; its first one changes as records are dropped.
    blocks: VecDeque<(Seq, Records)>,
    /// The number of the first record.
    first: Seq,
    count: usize,
    bytes: usize,
}

impl Blocks {
    pub(crate) fn new() -> Self {
        Self { blocks: VecDeque::new(), first: 1, count: 0, bytes: 0 }
    }

    /// The number of the first record, or of the next one if there is none.
    pub(crate) fn first(&self) -> Seq {
        self.first
    }

    /// The number of the last record.
    pub(crate) fn tail(&self) -> Seq {
        self.first + self.count as Seq - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, records: Records) {
        if records.is_empty() {
            return;
        }
        self.count += records.len();
        self.bytes += records.bytes();
        self.blocks.push_back((self.tail(), records));
    }

    pub(crate) fn last(&self) -> Option<&[u8]> {
        self.blocks.back()?.1.iter().last()
    }

    /// Drops the first record. Returns its length.
    pub(crate) fn pop(&mut self) -> Option<usize> {
        let (_, block) = self.blocks.front_mut()?;
        let length = block.pop()?;
        if block.is_empty() {
            self.blocks.pop_front();
        }
        self.first += 1;
        self.count -= 1;
        self.bytes -= length;
        Some(length)
    }

    /// Drops all records.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.first += std::mem::take(&mut self.count) as Seq;
        self.bytes = 0;
    }

    /// Takes off the records from this number on.
    pub(crate) fn split_off(&mut self, number: Seq) -> Records {
        let taken = self.from(number, usize::MAX);
        while let Some((last, block)) = self.blocks.pop_back() {
            let first = last + 1 - block.len() as Seq;
            if first < number {
                let kept = block.slice(0..index(number - first));
                self.blocks.push_back((number.min(last + 1) - 1, kept));
                break;
            }
        }
        self.count -= taken.len();
        self.bytes -= taken.bytes();
        taken
    }

    /// The records from this number on: at most `max_bytes` of them, but at least one.
    pub(crate) fn from(&self, number: Seq, max_bytes: usize) -> Records {
        let at = self.blocks.partition_point(|(last, _)| *last < number);
        let (mut parts, mut left) = (Vec::new(), max_bytes);
        for (last, block) in self.blocks.range(at..) {
            let skipped = index(number.saturating_sub(last + 1 - block.len() as Seq));
            let mut part = block.page(skipped, left);
            if part.is_empty() && parts.is_empty() {
                part = block.slice(skipped..skipped + 1);
            }
            let is_whole = part.len() == block.len() - skipped;
            left = left.saturating_sub(part.bytes());
            parts.push(part);
            if !is_whole {
                break;
            }
        }
        Records::join(parts)
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.blocks.shrink_to_fit();
    }
}

/// The distance of two numbers as an index.
fn index(numbers: Seq) -> usize {
    usize::try_from(numbers).unwrap_or(usize::MAX)
}
