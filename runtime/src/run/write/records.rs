//! The batch of a run: packets as records for the log.

use crate::{
    engine::channel::Batch,
    packet::content::{Content, Unwritable},
    run::log::{
        record,
        records::{Records, RecordsBuilder},
    },
};

/// The most that goes with one call to the log, but for the packet that was sent last.
pub(super) const PACKETS: usize = 64;
pub(super) const BYTES: usize = 32 * 1024;

/// A buffer that has grown larger leaves as it is, instead of being copied.
const LARGE: usize = 2 * BYTES;

/// The records that an action's packets become.
#[derive(Default)]
pub(crate) struct RecordBatch(RecordsBuilder);

impl Batch for RecordBatch {
    type Packets = Records;

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        self.0.put(|out| record::packet(content, out))
    }

    fn is_full(&self) -> bool {
        self.0.len() >= PACKETS || self.0.bytes() >= BYTES
    }

    fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    fn take(&mut self) -> Records {
        self.0.take(LARGE)
    }
}
