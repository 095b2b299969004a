//! Records in the blocks in which they were appended, found by their numbers.

use std::collections::VecDeque;

use super::{Seq, footprint::block, piece::Records};

/// The bytes from which a block takes in no more.
const JOINED: usize = 16 * 1024;

/// The last of many records.
#[derive(Debug)]
pub(crate) struct Blocks {
    blocks: VecDeque<Block>,
    /// The number of the first record.
    first: Seq,
    count: usize,
    bytes: usize,
    /// The memory that the records take.
    memory: usize,
}

/// Records that were appended together, less those that have been dropped.
#[derive(Debug)]
struct Block {
    /// The number of the last one.
    last: Seq,
    records: Records,
    /// The memory that it takes, until its last record is dropped.
    memory: usize,
}

impl Blocks {
    pub(crate) fn new() -> Self {
        Self { blocks: VecDeque::new(), first: 1, count: 0, bytes: 0, memory: 0 }
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

    /// The memory that everything takes.
    pub(crate) fn memory(&self) -> usize {
        block(self.blocks.capacity() * size_of::<Block>()) + self.memory
    }

    /// The memory that these records take as a block.
    pub(crate) fn block(records: &Records) -> usize {
        size_of::<Block>() + records.memory()
    }

    pub(crate) fn push(&mut self, records: Records) {
        if records.is_empty() {
            return;
        }
        self.count += records.len();
        self.bytes += records.bytes();
        let memory = records.memory();
        self.memory += memory;
        self.blocks.push_back(Block { last: self.tail(), records, memory });
    }

    pub(crate) fn last(&self) -> Option<&[u8]> {
        self.blocks.back()?.records.iter().last()
    }

    /// Drops the first record. Returns its length.
    pub(crate) fn pop(&mut self) -> Option<usize> {
        let Block { records, memory, .. } = self.blocks.front_mut()?;
        let length = records.pop()?;
        if records.is_empty() {
            self.memory -= *memory;
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
        self.memory = 0;
    }

    /// Drops all records, and goes on with this number, which is beyond them.
    #[cfg(feature = "redis")]
    pub(crate) fn skip_to(&mut self, number: Seq) {
        self.clear();
        self.first = number;
    }

    /// Removes the records from this number on, and returns them.
    pub(crate) fn split_off(&mut self, number: Seq) -> Records {
        let taken = self.from(number, usize::MAX);
        while let Some(Block { last, records, memory }) = self.blocks.pop_back() {
            let first = last + 1 - records.len() as Seq;
            if first < number {
                let records = records.slice(0..index(number - first));
                self.blocks.push_back(Block { last: number.min(last + 1) - 1, records, memory });
                break;
            }
            self.memory -= memory;
        }
        self.count -= taken.len();
        self.bytes -= taken.bytes();
        taken
    }

    /// The records from this number on: at most `max_bytes` of them, but at least one.
    pub(crate) fn from(&self, number: Seq, max_bytes: usize) -> Records {
        let at = self.blocks.partition_point(|block| block.last < number);
        let (mut parts, mut left) = (Vec::new(), max_bytes);
        for Block { last, records, .. } in self.blocks.range(at..) {
            let skipped = index(number.saturating_sub(last + 1 - records.len() as Seq));
            let mut part = records.page(skipped, left);
            if part.is_empty() && parts.is_empty() {
                part = records.slice(skipped..skipped + 1);
            }
            // Mostly the newest block is wanted.
            if at + 1 == self.blocks.len() {
                return part;
            }
            let is_whole = part.len() == records.len() - skipped;
            left = left.saturating_sub(part.bytes());
            parts.push(part);
            if !is_whole {
                break;
            }
        }
        Records::join(parts)
    }

    /// Joins small blocks, and gives back memory that nothing is in. A block that was appended alone may hold one record,
    /// and takes several times its bytes.
    pub(crate) fn compact(&mut self) {
        let mut joined = Self { first: self.first, ..Self::new() };
        let (mut small, mut bytes) = (Vec::new(), 0);
        for Block { records, memory, .. } in std::mem::take(&mut self.blocks) {
            // Records that have been dropped from a block are still in its memory.
            let records = if records.memory() < memory { records.iter().collect() } else { records };
            bytes += records.bytes();
            small.push(records);
            if bytes >= JOINED {
                joined.push(Records::join(std::mem::take(&mut small)));
                bytes = 0;
            }
        }
        joined.push(Records::join(small));
        joined.blocks.shrink_to_fit();
        *self = joined;
    }

    /// Drops all records but the last, and the memory that it shares with them.
    pub(crate) fn keep_last(&mut self) {
        let last = self.split_off(self.tail());
        self.clear();
        self.push(last.iter().collect());
        self.blocks.shrink_to_fit();
    }
}

/// The distance of two numbers as an index.
fn index(numbers: Seq) -> usize {
    usize::try_from(numbers).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The records 1 to 6, in blocks of three, one and two.
    fn blocks() -> Blocks {
        let mut blocks = Blocks::new();
        blocks.push(["1", "2", "3"].into());
        blocks.push(Records::default());
        blocks.push(["4"].into());
        blocks.push(["5", "6"].into());
        blocks
    }

    fn text(records: &Records) -> String {
        records.iter().map(String::from_utf8_lossy).collect()
    }

    #[test]
    fn records_are_found_by_their_numbers() {
        let blocks = blocks();
        assert_eq!((blocks.first(), blocks.tail(), blocks.len(), blocks.bytes()), (1, 6, 6, 6));
        for (number, max_bytes, expected) in
            [(1, 100, "123456"), (2, 100, "23456"), (4, 2, "45"), (6, 0, "6"), (3, 0, "3"), (7, 100, "")]
        {
            assert_eq!(text(&blocks.from(number, max_bytes)), expected, "{number} {max_bytes}");
        }
        assert_eq!(blocks.last(), Some(&b"6"[..]));
    }

    #[test]
    fn a_tail_is_split_off_at_any_number() {
        for number in 1..=7 {
            let mut blocks = blocks();
            let tail = blocks.split_off(number);
            assert_eq!(format!("{}{}", text(&blocks.from(1, 100)), text(&tail)), "123456");
            assert_eq!((blocks.tail(), blocks.len(), tail.len() as Seq), (number - 1, blocks.bytes(), 7 - number));
            blocks.push(tail);
            assert_eq!((blocks.tail(), text(&blocks.from(2, 100)).as_str()), (6, "23456"));
        }
    }

    #[test]
    fn numbers_go_on_where_records_are_dropped() {
        let mut blocks = blocks();
        (0..4).for_each(|_| assert_eq!(blocks.pop(), Some(1)));
        assert_eq!((blocks.first(), blocks.tail(), text(&blocks.from(5, 100)).as_str()), (5, 6, "56"));
        assert_eq!(text(&blocks.split_off(6)), "6");
        blocks.clear();
        assert_eq!((blocks.first(), blocks.tail(), blocks.len(), blocks.bytes()), (6, 5, 0, 0));
        assert_eq!((blocks.pop(), blocks.last()), (None, None));
    }

    #[test]
    fn small_blocks_are_joined_under_the_same_numbers() {
        let mut blocks = blocks();
        let large: Records = ["7".repeat(JOINED), "8".to_owned()].into();
        blocks.push(large);
        blocks.push(["9".to_owned()].into());
        let before = blocks.memory();
        blocks.compact();
        assert_eq!((blocks.first(), blocks.tail(), blocks.len(), blocks.blocks.len()), (1, 9, 9, 2));
        assert_eq!(text(&blocks.from(2, 5)), "23456");
        assert_eq!(blocks.from(7, usize::MAX).iter().map(<[u8]>::len).collect::<Vec<_>>(), [JOINED, 1, 1]);
        assert!(blocks.memory() < before, "{} instead of {before}", blocks.memory());
    }

    #[test]
    fn the_last_record_is_kept_in_memory_of_its_own() {
        let mut blocks = blocks();
        blocks.compact();
        let before = blocks.memory();
        blocks.keep_last();
        assert_eq!((blocks.first(), blocks.tail(), blocks.bytes(), text(&blocks.from(6, 9)).as_str()), (6, 6, 1, "6"));
        assert_eq!(before - blocks.memory(), 5 * (1 + size_of::<u32>()));
    }

    #[test]
    fn records_that_were_dropped_give_their_memory_back() {
        let mut blocks = Blocks::new();
        blocks.push(["1".repeat(JOINED), "2".to_owned()].into());
        blocks.pop();
        assert!(blocks.memory() > JOINED);
        blocks.compact();
        assert!(blocks.memory() < 1_000, "{}", blocks.memory());
        assert_eq!((blocks.first(), text(&blocks.from(2, 100)).as_str()), (2, "2"));
    }
}
