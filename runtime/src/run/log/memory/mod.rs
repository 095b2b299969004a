//! The log in the memory of the process: the default. Its runs are gone when the process is.

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

use self::stored::{BoundKey, Expired, FLOOR, Shared, StoredRun, sweep};
use super::{
    Ack, AppendError, CLAIM_LIFETIME, Claim, ClaimError, Claimed, LEASE, Meta, OpenError, Page, ReadError, RunInfo,
    RunLog, RunState, Seq, Unavailable, Writer,
    blocks::Blocks,
    id::{Digest, RunId, random_name},
    records::Records,
};
use crate::options::Keep;

/// Keeps runs in memory, at most 256 MiB of them. Clones are the same log.
///
/// When the memory is full, the oldest ended runs lose their packets first; after that, no new run is admitted.
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

/// An answer that is there at once. The trait is asynchronous for logs that are elsewhere.
fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl RunLog for MemoryLog {
    fn claim<'a>(&'a self, key: Digest, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>> {
        let mut shared = self.lock();
        ready(match shared.claims.get(&key) {
            Some(bound) if bound.claim.fingerprint != claim.fingerprint => Err(ClaimError::Mismatch),
            Some(bound) => Ok(Claimed { run: bound.claim.run.clone(), opened: bound.opened }),
            None => {
                let run = claim.run.clone();
                shared.expiry.insert((Instant::now() + CLAIM_LIFETIME, Expired::Claim(run.clone(), key.0)));
                shared.claims.insert(key, BoundKey { claim, opened: false });
                self.swept(&mut shared);
                Ok(Claimed { run, opened: false })
            }
        })
    }

    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        let mut shared = self.lock();
        if shared.runs.contains_key(run) {
            return ready(Err(OpenError::Exists));
        }
        let of_owner = meta.owner.and_then(|owner| shared.owners.get(&owner)).copied().unwrap_or_default();
        if of_owner >= meta.keep.runs {
            return ready(Err(OpenError::TooMany));
        }
        if !shared.has_room(FLOOR) {
            return ready(Err(OpenError::Full));
        }
        if let Some(bound) = meta.claim.and_then(|claim| shared.claims.get_mut(&claim)) {
            bound.opened = true;
        }
        if let Some(owner) = meta.owner {
            shared.owners.insert(owner, of_owner + 1);
        }
        let token = random_name();
        shared.bytes += FLOOR;
        shared.runs.insert(
            run.clone(),
            StoredRun {
                meta,
                token: token.clone(),
                state: RunState::Open,
                records: Blocks::new(),
                first_record: None,
                lease: Instant::now() + self.lease,
                lasts: self.lease,
                cancel_asked: false,
                changes: watch::Sender::new(()),
            },
        );
        self.swept(&mut shared);
        ready(Ok(Writer { run: run.clone(), token }))
    }

    fn append<'a>(
        &'a self,
        writer: &'a Writer,
        first: Seq,
        records: Records,
    ) -> BoxFuture<'a, Result<Ack, AppendError>> {
        let mut shared = self.lock();
        let shared = &mut *shared;
        let more = records.bytes();
        let has_room = shared.has_room(more);
        ready((|| {
            let run = shared.runs.get_mut(&writer.run).ok_or(AppendError::Closed)?.written_by(writer)?;
            let next = run.records.tail() + 1;
            if first != next {
                return Err(AppendError::Gap { next });
            }
            let Keep { bytes, count, is_window, .. } = run.meta.keep;
            let is_full =
                |run: &StoredRun| run.bytes() + more > bytes || (run.records.len() + records.len()) as u64 > count;
            if !has_room || (!is_window && is_full(run)) {
                return Err(AppendError::Full);
            }
            while is_window && run.records.len() > 0 && is_full(run) {
                if run.records.first() == 1 {
                    run.first_record = run.records.from(1, 0).iter().next().map(Bytes::copy_from_slice);
                }
                shared.bytes -= run.pop();
            }
            shared.bytes += run.push(records);
            run.live();
            run.changes.send_replace(());
            Ok(run.ack())
        })())
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
            if run.state == state && run.token == writer.token && run.last() == Some(&record[..]) {
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
                run.changes.send_replace(());
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
        let changes = self.lock().runs.get(run).map(|run| run.changes.subscribe());
        match changes {
            Some(changes) => stream::unfold(changes, async |mut changes| {
                changes.changed().await.ok()?;
                Some(((), changes))
            })
            .boxed(),
            None => stream::pending().boxed(),
        }
    }

    fn is_followed<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        ready(Ok(self.lock().runs.get(run).is_some_and(|run| run.changes.receiver_count() > 0)))
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
            .field("bytes", &shared.bytes)
            .finish()
    }
}
