//! The newest packet of each key, for watchers that want nothing else.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;

use super::settings::Settings;
use crate::records::Seq;

/// The newest records by key, in the order in which they were published.
#[derive(Default)]
pub(super) struct Newest {
    by_number: BTreeMap<Seq, (Arc<str>, Bytes)>,
    numbers: HashMap<Arc<str>, Seq>,
    bytes: usize,
    /// The last record that was dropped although no newer one has its key.
    forgotten: Seq,
}

impl Newest {
    /// Puts a record in the place of the one with its key.
    pub(super) fn put(&mut self, key: String, number: Seq, record: &[u8], settings: &Settings) {
        let key: Arc<str> = key.into();
        if let Some(before) = self.numbers.insert(key.clone(), number) {
            self.remove(before);
        }
        self.bytes += key.len() + record.len();
        self.by_number.insert(number, (key, Bytes::copy_from_slice(record)));
        while self.by_number.len() > settings.messages.max(1) || self.bytes > settings.bytes && self.by_number.len() > 1
        {
            let Some((&oldest, _)) = self.by_number.first_key_value() else { return };
            if let Some(key) = self.remove(oldest) {
                self.numbers.remove(&key);
            }
            self.forgotten = oldest;
        }
    }

    /// The same for a record that may be older than the one of its key, or than those that have been dropped.
    #[cfg(feature = "redis")]
    pub(super) fn put_late(&mut self, key: String, number: Seq, record: &[u8], settings: &Settings) {
        let is_newer = self.numbers.get(&*key).is_none_or(|kept| *kept < number);
        if is_newer && number > self.forgotten {
            self.put(key, number, record, settings);
        }
    }

    /// Drops the records up to this number.
    #[cfg(feature = "redis")]
    pub(super) fn forget(&mut self, number: Seq) {
        while let Some((&oldest, _)) = self.by_number.first_key_value().filter(|(oldest, _)| **oldest <= number) {
            if let Some(key) = self.remove(oldest) {
                self.numbers.remove(&key);
            }
        }
        self.forgotten = self.forgotten.max(number);
    }

    fn remove(&mut self, number: Seq) -> Option<Arc<str>> {
        let (key, record) = self.by_number.remove(&number)?;
        self.bytes -= key.len() + record.len();
        Some(key)
    }

    /// The last number before which something has been dropped that no newer record replaces.
    pub(super) fn forgotten(&self) -> Seq {
        self.forgotten
    }

    /// Some of the records after this number, with their own numbers.
    pub(super) fn read(&self, after: Seq, max_bytes: usize) -> Vec<(Seq, Bytes)> {
        let mut left = max_bytes;
        let fits = |(_, (_, record)): &(&Seq, &(Arc<str>, Bytes))| {
            let fits = left > 0;
            left = left.saturating_sub(record.len());
            fits
        };
        let after = self.by_number.range(after + 1..).take_while(fits);
        after.map(|(number, (_, record))| (*number, record.clone())).collect()
    }
}
