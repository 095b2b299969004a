//! One run in memory.

use std::time::Duration;

use bytes::Bytes;
use tokio::{sync::watch, time::Instant};

use super::footprint::CHANNEL;
use crate::{
    records::{blocks::Blocks, footprint::block},
    run::log::{Ack, AppendError, Meta, RunState, Writer},
};

pub(super) struct StoredRun {
    pub(super) meta: Meta,
    pub(super) token: String,
    pub(super) state: RunState,
    pub(super) records: Blocks,
    /// The first record, once a window has moved past it.
    pub(super) first_record: Option<Bytes>,
    pub(super) lease: Instant,
    /// The length of a lease.
    pub(super) lasts: Duration,
    pub(super) cancel_asked: bool,
    /// Notified at every change of the run, the last of which is its end: then this is dropped.
    pub(super) changes: Option<watch::Sender<()>>,
}

impl StoredRun {
    /// The memory that it takes.
    pub(super) fn memory(&self) -> usize {
        let texts = block(self.meta.action.capacity()) + block(self.token.capacity());
        let first = self.first_record.as_ref().map_or(0, |record| block(record.len()));
        let channel = if self.changes.is_some() { CHANNEL } else { 0 };
        block(size_of::<Self>()) + texts + channel + self.records.memory() + first
    }

    pub(super) fn live(&mut self) {
        self.lease = Instant::now() + self.lasts;
    }

    /// Wakes the followers.
    pub(super) fn notify(&self) {
        if let Some(changes) = &self.changes {
            changes.send_replace(());
        }
    }

    pub(super) fn ack(&self) -> Ack {
        Ack { cancel_asked: self.cancel_asked }
    }

    /// The run, if this is its writer and it is still open.
    pub(super) fn written_by(&mut self, writer: &Writer) -> Result<&mut Self, AppendError> {
        if self.state == RunState::Open && self.token == writer.token { Ok(self) } else { Err(AppendError::Closed) }
    }
}
