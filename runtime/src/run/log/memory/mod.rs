//! The log in the memory of the process: the default. Its runs end with the process.
//!
//! - `shared`: all runs, and the bound on their memory; `stored`: one of them; `bound_key`: a key that starts one
//! - `expiry`: the deadlines
//! - `footprint`: the memory that things take

mod bound_key;
mod expiry;
pub(super) mod footprint;
mod shared;
mod stored;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::{StreamExt as _, stream};
use tokio::{sync::watch, time::Instant};

use self::{
    shared::{Shared, sweep},
    stored::StoredRun,
};
use super::{
    Ack, AppendError, Claim, ClaimError, Claimed, LEASE, Meta, OpenError, Page, ReadError, RunInfo, RunLog, RunState,
    Seq, Unavailable, Writer,
    id::{Digest, RunId, random_name},
};
use crate::{
    options::Keep,
    records::{blocks::Blocks, piece::Records},
};

/// Keeps runs in memory. Clones are the same log.
///
/// A log takes up to 256 MiB, all that it keeps of its runs included: an ended run costs about a kilobyte until it is
/// forgotten. When the memory is full, ended runs make room, the oldest first: they lose their packets, and then their
/// ends, but their keys start no other runs. After that, no new run is admitted, and an open run that sends more fails.
#[derive(Clone)]
pub struct MemoryLog {
    shared: Arc<Mutex<Shared>>,
    lease: Duration,
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> Self {
        Self { shared: Arc::default(), lease: LEASE }
    }

    /// How long a writer may be silent before its run is lost. 15 seconds by default.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a sweeper, if none runs. It stops when nothing is left to sweep.
    fn swept(&self, shared: &mut Shared) {
        if !std::mem::replace(&mut shared.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(&self.shared)));
        }
    }
}

/// An answer that is ready at once. The trait is asynchronous for logs outside the process.
fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl RunLog for MemoryLog {
    fn claim<'a>(&'a self, key: Digest, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>> {
        let mut shared = self.lock();
        let claimed = shared.claim(key, claim);
        self.swept(&mut shared);
        ready(claimed)
    }

    fn unclaim<'a>(&'a self, key: Digest, run: &'a RunId) -> BoxFuture<'a, Result<(), Unavailable>> {
        self.lock().unclaim(key, run);
        ready(Ok(()))
    }

    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        let token = random_name();
        let opened = StoredRun {
            meta,
            token: token.clone(),
            state: RunState::Open,
            records: Blocks::new(),
            first_record: None,
            lease: Instant::now() + self.lease,
            lasts: self.lease,
            cancel_asked: false,
            changes: Some(watch::Sender::new(())),
        };
        let mut shared = self.lock();
        let opened = shared.open(run, opened);
        self.swept(&mut shared);
        ready(opened.map(|()| Writer { run: run.clone(), token }))
    }

    fn named<'a>(&'a self, name: Digest) -> BoxFuture<'a, Result<Option<RunId>, Unavailable>> {
        ready(Ok(self.lock().names.get(&name).cloned()))
    }

    fn append<'a>(
        &'a self,
        writer: &'a Writer,
        first: Seq,
        records: Records,
    ) -> BoxFuture<'a, Result<Ack, AppendError>> {
        let mut shared = self.lock();
        let has_room = shared.has_room(Blocks::block(&records));
        let appended = shared.change(&writer.run, |run| {
            let run = run.written_by(writer)?;
            let next = run.records.tail() + 1;
            if first != next {
                return Err(AppendError::Gap { next });
            }
            let Keep { bytes, count, is_window, .. } = run.meta.keep;
            let is_full =
                |kept: &Blocks| kept.bytes() + records.bytes() > bytes || (kept.len() + records.len()) as u64 > count;
            if !has_room || (!is_window && is_full(&run.records)) {
                return Err(AppendError::Full);
            }
            while is_window && run.records.len() > 0 && is_full(&run.records) {
                if run.records.first() == 1 {
                    run.first_record = run.records.from(1, 0).iter().next().map(Bytes::copy_from_slice);
                }
                run.records.pop();
            }
            run.records.push(records);
            run.live();
            run.notify();
            Ok(run.ack())
        });
        ready(appended.unwrap_or(Err(AppendError::Closed)))
    }

    fn close<'a>(
        &'a self,
        writer: &'a Writer,
        at: Seq,
        state: RunState,
        record: Bytes,
    ) -> BoxFuture<'a, Result<(), AppendError>> {
        let mut shared = self.lock();
        ready((|| {
            let run = shared.runs.get_mut(&writer.run).ok_or(AppendError::Closed)?;
            if run.state == state && run.token == writer.token && run.records.last() == Some(&record[..]) {
                return Ok(());
            }
            let next = run.written_by(writer)?.records.tail() + 1;
            if at != next {
                return Err(AppendError::Gap { next });
            }
            shared.close(&writer.run, state, record);
            self.swept(&mut shared);
            Ok(())
        })())
    }

    fn renew<'a>(&'a self, writer: &'a Writer) -> BoxFuture<'a, Result<Ack, AppendError>> {
        let mut shared = self.lock();
        ready((|| {
            let run = shared.runs.get_mut(&writer.run).ok_or(AppendError::Closed)?.written_by(writer)?;
            run.live();
            Ok(run.ack())
        })())
    }

    fn reap<'a>(&'a self, run: &'a RunId, record: Bytes) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let mut shared = self.lock();
        let is_lost =
            shared.runs.get(run).is_some_and(|run| run.state == RunState::Open && run.lease <= Instant::now());
        if is_lost {
            shared.close(run, RunState::Lost, record);
            self.swept(&mut shared);
        }
        ready(Ok(is_lost))
    }

    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let mut shared = self.lock();
        ready(Ok(match shared.runs.get_mut(run) {
            Some(run) if run.state == RunState::Open => {
                run.cancel_asked = true;
                run.notify();
                true
            }
            _ => false,
        }))
    }

    fn meta<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<RunInfo>, Unavailable>> {
        let shared = self.lock();
        ready(Ok(shared.runs.get(run).map(|run| RunInfo {
            meta: run.meta.clone(),
            state: run.state,
            tail: run.records.tail(),
            first: run.records.first(),
            first_record: run.first_record.clone(),
        })))
    }

    fn read<'a>(&'a self, run: &'a RunId, after: Seq, max_bytes: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        let shared = self.lock();
        let Some(run) = shared.runs.get(run) else { return ready(Err(ReadError::Unknown)) };
        let first = run.records.first();
        if after + 1 < first {
            return ready(Err(ReadError::Gone { first }));
        }
        let records = run.records.from(after + 1, max_bytes);
        ready(Ok(Page { records, state: run.state, tail: run.records.tail() }))
    }

    fn changes<'a>(&'a self, run: &'a RunId) -> BoxStream<'static, ()> {
        let changes = self.lock().runs.get(run).and_then(|run| Some(run.changes.as_ref()?.subscribe()));
        let Some(changes) = changes else { return stream::pending().boxed() };
        // The run's end is its last change: the sender is gone.
        let notified = stream::unfold(Some(changes), async |changes| {
            let mut changes = changes?;
            Some(((), changes.changed().await.is_ok().then_some(changes)))
        });
        notified.chain(stream::pending()).boxed()
    }

    fn is_followed<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let shared = self.lock();
        let changes = shared.runs.get(run).and_then(|run| run.changes.as_ref());
        ready(Ok(changes.is_some_and(|changes| changes.receiver_count() > 0)))
    }

    fn renew_every(&self) -> Duration {
        self.lease / 3
    }

    fn is_shared(&self) -> bool {
        false
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        f.debug_struct("MemoryLog")
            .field("runs", &shared.runs.len())
            .field("claims", &shared.claims.len())
            .field("owners", &shared.owners.len())
            .field("bytes", &shared.memory())
            .finish()
    }
}
