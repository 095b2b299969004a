//! The batch of a run: packets as records for the log.

use crate::{
    engine::channel::Batch,
    head::held::HeldHead,
    packet::{
        content::{Content, Unwritable},
        gap::Gap,
    },
    records::{
        packet::{self, Rules},
        piece::{Records, RecordsBuilder},
    },
    run::log::record,
};

/// The limits of one call to the log, which only its last packet may exceed.
pub(super) const PACKETS: usize = 128;
pub(super) const BYTES: usize = 32 * 1024;

/// A buffer that has grown larger is handed over as it is, instead of being copied.
const LARGE: usize = 2 * BYTES;

/// The records that an action's packets become.
pub(crate) struct RecordBatch {
    records: RecordsBuilder,
    /// The head of the run, which leaves with the first packet.
    head: Option<HeldHead>,
    rules: Rules,
}

impl RecordBatch {
    pub(crate) fn new(head: Option<HeldHead>, end_event: Option<&'static str>) -> Self {
        Self { records: RecordsBuilder::default(), head, rules: record::rules(end_event) }
    }
}

impl Batch for RecordBatch {
    type Packets = Records;

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        self.records.put(|out| {
            if let Some(head) = &self.head {
                record::head(head.leave(), out);
            }
            packet::write(content, &self.rules, out)
        })?;
        self.head = None;
        Ok(())
    }

    fn gap(&mut self, gap: &Gap) -> bool {
        let head = self.head.take().map(|head| head.leave());
        let written = self.records.put(|out| {
            if let Some(head) = head {
                record::head(head, out);
            }
            record::gap(gap, out);
            Ok(())
        });
        written.is_ok()
    }

    fn is_full(&self) -> bool {
        self.records.len() >= PACKETS || self.records.bytes() >= BYTES
    }

    fn is_empty(&self) -> bool {
        self.records.len() == 0
    }

    fn take(&mut self) -> Records {
        self.records.take(LARGE)
    }
}
