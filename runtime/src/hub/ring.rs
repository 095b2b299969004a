//! The history of a topic: its last packets, bounded by their number, their bytes and their age.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::{epoch::Epoch, newest::Newest, settings::Settings};
use crate::{
    packet::content::Unwritable,
    records::{
        Seq,
        blocks::Blocks,
        piece::{Records, RecordsBuilder},
    },
};

/// The records that gather in one piece of memory, unless a reader asks for them before.
const GATHERED: usize = 16 * 1024;

/// The bytes of one read.
pub(super) const PAGE: usize = 16 * 1024;

/// The precision of ages: a packet is dropped once it is older than it may be by this fraction of its age.
const MARKS: u32 = 32;

/// The last packets of a topic.
pub(super) struct Ring {
    epoch: Epoch,
    /// The records that have been read, or are too many to wait for a reader.
    kept: Blocks,
    /// The newest records, in one piece for all who read next.
    gathered: RecordsBuilder,
    /// A few points in time: the records up to a number had been published before it.
    marks: VecDeque<(Seq, Instant)>,
    /// The newest record of each key.
    pub(super) newest: Newest,
}

/// Why nothing was read: the next records have been dropped, or the numbers have begun anew.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) epoch: Epoch,
    /// The number of the first one that is kept.
    pub(super) first: Seq,
}

impl Ring {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            kept: Blocks::new(),
            gathered: RecordsBuilder::default(),
            marks: VecDeque::new(),
            newest: Newest::default(),
        }
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The number of the last record.
    pub(super) fn tail(&self) -> Seq {
        self.kept.tail() + self.gathered.len() as Seq
    }

    /// The number of the first record, or of the next one if there is none.
    pub(super) fn first(&self) -> Seq {
        self.kept.first()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first() > self.tail()
    }

    /// Appends a record, and drops what exceeds the bounds. Returns the number of the record.
    pub(super) fn push(&mut self, record: &[u8], settings: &Settings, now: Instant) -> Result<Seq, Unwritable> {
        let is_newer = |mark: &(Seq, Instant)| mark.1 + settings.age / MARKS > now;
        if !self.marks.back().is_some_and(is_newer) {
            self.mark(now);
        }
        self.gathered.put(|out| {
            out.extend_from_slice(record);
            Ok(())
        })?;
        if self.gathered.bytes() >= GATHERED {
            self.gather();
        }
        self.bound(settings);
        self.expire(settings, now);
        Ok(self.tail())
    }

    /// Goes on with this number, unless it is there already. The records before are dropped: those in between are
    /// missing.
    #[cfg(feature = "redis")]
    pub(super) fn skip_to(&mut self, number: Seq) {
        if number > self.tail() + 1 {
            self.gather();
            self.kept.skip_to(number);
            self.marks.clear();
        }
    }

    /// Puts the newest records where readers find them.
    fn gather(&mut self) {
        self.kept.push(self.gathered.take(GATHERED));
    }

    fn bound(&mut self, settings: &Settings) {
        // The newest one stays, however large it is: watchers have yet to read it.
        while self.tail() > self.first() && self.exceeds(settings) {
            if self.kept.pop().is_none() {
                self.gather();
            }
        }
    }

    fn exceeds(&self, settings: &Settings) -> bool {
        let count = self.kept.len() + self.gathered.len();
        count > settings.messages || self.kept.bytes() + self.gathered.bytes() > settings.bytes
    }

    /// Notes the time, unless nothing has come since the last note.
    pub(super) fn mark(&mut self, now: Instant) {
        if self.marks.back().is_none_or(|(last, _)| *last < self.tail()) && self.tail() > 0 {
            self.marks.push_back((self.tail(), now));
        }
    }

    /// Drops the records that are too old.
    pub(super) fn expire(&mut self, settings: &Settings, now: Instant) {
        while let Some(&(last, _)) = self.marks.front().filter(|(_, at)| *at + settings.age <= now) {
            self.marks.pop_front();
            if last >= self.kept.tail() {
                self.gather();
            }
            while self.first() <= last && self.kept.pop().is_some() {}
        }
    }

    /// The records after this one: at most [`PAGE`] bytes of them, but at least one if there is any.
    pub(super) fn read(&mut self, after: Seq) -> Result<Records, Dropped> {
        if after + 1 < self.first() {
            return Err(Dropped { epoch: self.epoch, first: self.first() });
        }
        if after >= self.tail() {
            return Ok(Records::default());
        }
        if self.gathered.len() > 0 {
            self.gather();
        }
        Ok(self.kept.from(after + 1, PAGE))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn settings(messages: usize, bytes: usize) -> Settings {
        Settings { messages, bytes, age: Duration::from_secs(64), ..Settings::default() }
    }

    fn text(records: &Records) -> String {
        records.iter().map(String::from_utf8_lossy).collect()
    }

    #[test]
    fn the_oldest_records_go_when_there_are_too_many_or_too_large_ones() {
        let now = Instant::now();
        let mut ring = Ring::new(Epoch::random());
        for record in ["a", "b", "c", "d"] {
            ring.push(record.as_bytes(), &settings(3, 100), now).unwrap();
        }
        assert_eq!((ring.first(), ring.tail(), text(&ring.read(1).unwrap()).as_str()), (2, 4, "bcd"));
        assert_eq!(ring.read(0), Err(Dropped { epoch: ring.epoch(), first: 2 }));
        assert_eq!(ring.push(b"eeee", &settings(3, 5), now).unwrap(), 5);
        assert_eq!((ring.first(), text(&ring.read(3).unwrap()).as_str()), (4, "deeee"));
        ring.push(b"larger than all", &settings(3, 5), now).unwrap();
        assert_eq!((ring.first(), text(&ring.read(5).unwrap()).as_str()), (6, "larger than all"));
    }

    #[test]
    fn records_grow_old() {
        let start = Instant::now();
        let (mut ring, settings) = (Ring::new(Epoch::random()), settings(100, 100));
        for second in 0..10 {
            ring.push(second.to_string().as_bytes(), &settings, start + Duration::from_secs(second)).unwrap();
        }
        ring.mark(start + Duration::from_secs(12));
        ring.expire(&settings, start + Duration::from_secs(63));
        assert_eq!(ring.first(), 1);
        ring.expire(&settings, start + Duration::from_secs(64 + 7));
        assert!((6..=8).contains(&ring.first()), "{}", ring.first());
        ring.expire(&settings, start + Duration::from_secs(64 + 12));
        assert!(ring.is_empty());
        assert_eq!((ring.tail(), ring.push(b"next", &settings, start + Duration::from_secs(90)).unwrap()), (10, 11));
    }

    #[test]
    #[cfg(feature = "redis")]
    fn numbers_that_are_missing_are_skipped() {
        let now = Instant::now();
        let mut ring = Ring::new(Epoch::random());
        ring.push(b"a", &settings(9, 100), now).unwrap();
        ring.skip_to(2);
        assert_eq!((ring.first(), ring.tail()), (1, 1));
        ring.skip_to(5);
        assert_eq!((ring.first(), ring.tail(), ring.push(b"b", &settings(9, 100), now).unwrap()), (5, 4, 5));
        assert_eq!(ring.read(1), Err(Dropped { epoch: ring.epoch(), first: 5 }));
        assert_eq!(text(&ring.read(4).unwrap()), "b");
    }
}
