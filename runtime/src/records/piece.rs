//! Records in one piece of memory, as they go into a log and come out of it.

use std::{fmt, ops::Range};

use bytes::{Buf as _, Bytes};

use super::footprint::block;
use crate::packet::content::Unwritable;

/// The bytes before each record that hold its length.
const LENGTH: usize = size_of::<u32>();

/// Records of a run, in their order and in one piece of memory, so that a log moves and keeps many of them like one.
/// Clones share that memory.
///
/// ```
/// use outflow::run::Records;
///
/// let records: Records = [r#"j"Hel""#, r#"j"lo""#, "d"].into();
/// assert_eq!((records.len(), records.bytes()), (3, 12));
/// // A log that keeps each by itself makes one piece of them again.
/// let kept: Vec<Vec<u8>> = records.iter().map(<[u8]>::to_vec).collect();
/// assert_eq!(kept[1..].iter().collect::<Records>(), records.slice(1..3));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Each record after its length.
    framed: Bytes,
    count: usize,
}

impl Records {
    /// The number of records.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bytes of all records together.
    pub fn bytes(&self) -> usize {
        self.framed.len() - self.count * LENGTH
    }

    /// Iterates over the records.
    pub fn iter(&self) -> RecordsIter<'_> {
        RecordsIter { rest: &self.framed, count: self.count }
    }

    /// The records from one place to another, in the same memory. Places beyond the last record are left out.
    #[must_use]
    pub fn slice(&self, places: Range<usize>) -> Self {
        self.part(places.start, |place, _| place < places.end)
    }

    /// The records after the first `skipped`, as long as they fit: `fits` gets the place of each, and the bytes of all
    /// up to it.
    fn part(&self, skipped: usize, mut fits: impl FnMut(usize, usize) -> bool) -> Self {
        let mut records = self.iter();
        records.by_ref().take(skipped).for_each(drop);
        let start = self.framed.len() - records.rest.len();
        let (mut end, mut count, mut bytes) = (start, 0, 0);
        for record in records {
            bytes += record.len();
            if !fits(skipped + count, bytes) {
                break;
            }
            end += LENGTH + record.len();
            count += 1;
        }
        Self { framed: self.framed.slice(start..end), count }
    }

    /// The records after the first `skipped`, at most `max_bytes` of them.
    pub(crate) fn page(&self, skipped: usize, max_bytes: usize) -> Self {
        match skipped {
            0 if self.bytes() <= max_bytes => self.clone(),
            _ => self.part(skipped, |_, bytes| bytes <= max_bytes),
        }
    }

    /// The memory that they take, until the last clone is dropped. Clones share a counter.
    pub(crate) fn memory(&self) -> usize {
        const COUNTER: usize = 24;
        block(self.framed.len()) + block(COUNTER)
    }

    /// Takes the first record off, in the same memory.
    pub(crate) fn take_first(&mut self) -> Option<Bytes> {
        let length = self.iter().next()?.len();
        self.count -= 1;
        let mut record = self.framed.split_to(LENGTH + length);
        record.advance(LENGTH);
        Some(record)
    }

    /// Removes the first record. Returns its length.
    pub(crate) fn pop(&mut self) -> Option<usize> {
        let length = self.iter().next()?.len();
        self.framed.advance(LENGTH + length);
        self.count -= 1;
        Some(length)
    }

    /// Joins several pieces into one.
    pub(super) fn join(mut parts: Vec<Self>) -> Self {
        if parts.len() < 2 {
            return parts.pop().unwrap_or_default();
        }
        let mut framed = Vec::with_capacity(parts.iter().map(|part| part.framed.len()).sum());
        parts.iter().for_each(|part| framed.extend_from_slice(&part.framed));
        Self { framed: framed.into(), count: parts.iter().map(Self::len).sum() }
    }
}

/// Copies the records into one piece.
///
/// # Panics
/// If a record has 4 GiB or more.
impl<R: AsRef<[u8]>> FromIterator<R> for Records {
    fn from_iter<I: IntoIterator<Item = R>>(records: I) -> Self {
        let mut gathered = RecordsBuilder::default();
        for record in records {
            let written = gathered.put(|out| {
                out.extend_from_slice(record.as_ref());
                Ok(())
            });
            if let Err(why) = written {
                panic!("{why}");
            }
        }
        Self { framed: gathered.framed.into_boxed_slice().into(), count: gathered.count }
    }
}

impl<R: AsRef<[u8]>, const N: usize> From<[R; N]> for Records {
    fn from(records: [R; N]) -> Self {
        records.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Records {
    type Item = &'a [u8];
    type IntoIter = RecordsIter<'a>;

    fn into_iter(self) -> RecordsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(String::from_utf8_lossy)).finish()
    }
}

/// The iterator over [`Records`].
#[derive(Clone, Debug)]
pub struct RecordsIter<'a> {
    rest: &'a [u8],
    count: usize,
}

impl<'a> Iterator for RecordsIter<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (record, rest) = rest.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
        self.rest = rest;
        self.count -= 1;
        Some(record)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for RecordsIter<'_> {}

/// Records that are still being gathered.
#[derive(Default)]
pub(crate) struct RecordsBuilder {
    /// The buffer stays, and a copy of just the right size leaves: most packets are small.
    framed: Vec<u8>,
    /// The end of the last record.
    end: usize,
    count: usize,
}

impl RecordsBuilder {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn bytes(&self) -> usize {
        self.end - self.count * LENGTH
    }

    /// Appends one record, whole or not at all.
    #[inline]
    pub(crate) fn put(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Unwritable>) -> Result<(), Unwritable> {
        // A packet that was refused, or whose `Serialize` panicked, has left a part.
        self.framed.truncate(self.end);
        self.framed.extend_from_slice(&[0; LENGTH]);
        write(&mut self.framed)?;
        let start = self.end + LENGTH;
        let length = u32::try_from(self.framed.len() - start)
            .map_err(|_| Unwritable::new("a packet that is kept must be smaller than 4 GiB"))?;
        self.framed[self.end..start].copy_from_slice(&length.to_ne_bytes());
        self.end = self.framed.len();
        self.count += 1;
        Ok(())
    }

    /// Takes all records. A buffer that has grown larger than `large` leaves as it is.
    pub(crate) fn take(&mut self, large: usize) -> Records {
        self.framed.truncate(self.end);
        let framed = match self.framed.capacity() {
            capacity if capacity <= large => {
                let framed = Bytes::copy_from_slice(&self.framed);
                self.framed.clear();
                framed
            }
            _ => std::mem::take(&mut self.framed).into_boxed_slice().into(),
        };
        self.end = 0;
        Records { framed, count: std::mem::take(&mut self.count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(records: &Records) -> Vec<String> {
        records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect()
    }

    #[test]
    fn a_page_holds_what_fits_behind_the_records_that_are_skipped() {
        let records: Records = ["aa", "bb", "", "cc"].into();
        for (skipped, max_bytes, expected) in [
            (0, 6, &["aa", "bb", "", "cc"][..]),
            (0, 5, &["aa", "bb", ""]),
            (0, 1, &[]),
            (1, 2, &["bb", ""]),
            (3, 100, &["cc"]),
            (4, 100, &[]),
        ] {
            assert_eq!(texts(&records.page(skipped, max_bytes)), expected, "{skipped} {max_bytes}");
        }
    }

    #[test]
    fn slices_and_joined_pieces_count_what_they_hold() {
        let records: Records = ["a", "bb", "ccc"].into();
        let joined = Records::join(vec![records.slice(1..9), records.slice(0..1), Records::default()]);
        assert_eq!(texts(&joined), ["bb", "ccc", "a"]);
        assert_eq!((joined.len(), joined.bytes(), joined.iter().len()), (3, 6, 3));
        assert!(records.slice(2..2).is_empty());
    }

    #[test]
    fn the_first_record_is_taken_off() {
        let mut records: Records = ["a", "bb"].into();
        assert_eq!((records.pop(), records.pop(), records.pop()), (Some(1), Some(2), None));
        assert_eq!(records, Records::default());
    }

    #[test]
    fn a_record_that_is_refused_leaves_nothing_behind() {
        let mut builder = RecordsBuilder::default();
        let mut put = |text: &str, is_good| {
            builder.put(|out| {
                out.extend_from_slice(text.as_bytes());
                if is_good { Ok(()) } else { Err(Unwritable::new("refused")) }
            })
        };
        put("one", true).unwrap();
        put("half", false).unwrap_err();
        put("two", true).unwrap();
        assert_eq!((builder.len(), builder.bytes()), (2, 6));
        assert_eq!(texts(&builder.take(1024)), ["one", "two"]);
        assert_eq!(builder.len(), 0);
        assert!(builder.take(1024).is_empty());
    }
}
