//! The runs in memory, and when they go.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::{Mutex, PoisonError, Weak},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    options::Keep,
    run::log::{
        Ack, AppendError, Claim, Meta, RunState, Writer,
        blocks::Blocks,
        id::{Digest, RunId},
        records::Records,
    },
};

/// The most bytes that all runs together may hold.
const CAPACITY: usize = 256 * 1024 * 1024;

/// The bytes that a run costs beside its packets: an estimate.
pub(super) const FLOOR: usize = 512;

/// The bytes that a record costs beside its own: an estimate for one that was appended by itself.
const BESIDE: usize = 32;

#[derive(Default)]
pub(super) struct Shared {
    pub(super) runs: HashMap<RunId, StoredRun>,
    pub(super) claims: HashMap<Digest, BoundKey>,
    /// The things to drop, and when.
    pub(super) expiry: BTreeSet<(Instant, Expired)>,
    pub(super) bytes: usize,
    /// The number of runs that each owner has open.
    pub(super) owners: HashMap<Digest, u64>,
    /// Whether a task is running that drops what has expired.
    pub(super) is_swept: bool,
}

pub(super) struct BoundKey {
    pub(super) claim: Claim,
    pub(super) opened: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Expired {
    /// The packets of an ended run.
    Packets(RunId),
    /// The rest of an ended run.
    Run(RunId),
    Claim(RunId, [u8; 32]),
    /// The claim of a run that had to make room. Until then its key must not start another run.
    Opened([u8; 32]),
}

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
    /// Notified at every change of the run.
    pub(super) changes: watch::Sender<()>,
}

impl StoredRun {
    pub(super) fn bytes(&self) -> usize {
        self.records.bytes() + self.records.len() * BESIDE
    }

    /// The last record.
    pub(super) fn last(&self) -> Option<&[u8]> {
        self.records.last()
    }

    pub(super) fn live(&mut self) {
        self.lease = Instant::now() + self.lasts;
    }

    pub(super) fn ack(&self) -> Ack {
        Ack { cancel_asked: self.cancel_asked }
    }

    /// The run, if this is its writer and it is still open.
    pub(super) fn written_by(&mut self, writer: &Writer) -> Result<&mut Self, AppendError> {
        if self.state == RunState::Open && self.token == writer.token { Ok(self) } else { Err(AppendError::Closed) }
    }

    pub(super) fn push(&mut self, records: Records) -> usize {
        let before = self.bytes();
        self.records.push(records);
        self.bytes() - before
    }

    pub(super) fn pop(&mut self) -> usize {
        self.records.pop().map_or(0, |length| length + BESIDE)
    }
}

impl Shared {
    pub(super) fn close(&mut self, run: &RunId, state: RunState, record: Bytes) {
        let Some(closed) = self.runs.get_mut(run) else { return };
        self.bytes += closed.push([record].into());
        closed.state = state;
        closed.changes.send_replace(());
        let Keep { packets, tombstone, .. } = closed.meta.keep;
        if let Some(Entry::Occupied(mut of_owner)) = closed.meta.owner.map(|owner| self.owners.entry(owner)) {
            *of_owner.get_mut() -= 1;
            if *of_owner.get() == 0 {
                of_owner.remove();
            }
        }
        let now = Instant::now();
        self.expiry.insert((now + packets, Expired::Packets(run.clone())));
        self.expiry.insert((now + packets.max(tombstone), Expired::Run(run.clone())));
    }

    /// Drops the packets of a run, and keeps its end as the sign that there was one.
    fn drop_packets(&mut self, run: &RunId) {
        let Some(ended) = self.runs.get_mut(run) else { return };
        let freed: usize = std::iter::from_fn(|| (ended.records.len() > 1).then(|| ended.pop())).sum();
        ended.records.shrink_to_fit();
        ended.changes.send_replace(());
        self.bytes -= freed;
    }

    /// Drops a run before its time, but not its claim, or its key would start another run.
    fn make_room(&mut self, run: &RunId, due: Instant) {
        let Some(gone) = self.runs.remove(run) else { return };
        self.bytes -= gone.bytes() + FLOOR;
        self.expiry.extend(gone.meta.claim.map(|Digest(key)| (due, Expired::Opened(key))));
    }

    fn expire(&mut self, what: &Expired) {
        match what {
            Expired::Packets(run) => self.drop_packets(run),
            Expired::Run(run) => {
                let Some(gone) = self.runs.remove(run) else { return };
                self.bytes -= gone.bytes() + FLOOR;
                if let Some(claim) = gone.meta.claim {
                    self.claims.remove(&claim);
                }
            }
            Expired::Opened(key) => drop(self.claims.remove(&Digest(*key))),
            Expired::Claim(run, key) => {
                let key = Digest(*key);
                if self.claims.get(&key).is_some_and(|bound| !bound.opened && bound.claim.run == *run) {
                    self.claims.remove(&key);
                }
            }
        }
    }

    /// Drops what has expired. Returns when the next thing expires.
    fn sweep(&mut self) -> Option<Instant> {
        let due = self.drop_expired();
        // A table keeps its largest size until it is shrunk.
        shrink(&mut self.runs);
        shrink(&mut self.claims);
        due
    }

    fn drop_expired(&mut self) -> Option<Instant> {
        let now = Instant::now();
        while let Some((due, what)) = self.expiry.first().cloned() {
            if due > now {
                return Some(due);
            }
            self.expiry.pop_first();
            self.expire(&what);
        }
        None
    }

    /// Makes room for more bytes if possible: the packets of the oldest ended runs go first, then the runs.
    pub(super) fn has_room(&mut self, more: usize) -> bool {
        while self.bytes + more > CAPACITY {
            let is_packets = |(_, what): &&(Instant, Expired)| matches!(what, Expired::Packets(_));
            let is_run = |(_, what): &&(Instant, Expired)| matches!(what, Expired::Run(_));
            let oldest = self.expiry.iter().find(is_packets).or_else(|| self.expiry.iter().find(is_run)).cloned();
            let Some(oldest) = oldest else { return false };
            self.expiry.remove(&oldest);
            match &oldest {
                (due, Expired::Run(run)) => self.make_room(run, *due),
                (_, what) => self.expire(what),
            }
        }
        true
    }
}

fn shrink<K: Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>) {
    if map.capacity() > 1_000 && map.capacity() / 8 > map.len() {
        map.shrink_to(map.len() * 2);
    }
}

/// Drops what expires, until nothing is left to drop.
pub(super) async fn sweep(shared: Weak<Mutex<Shared>>) {
    loop {
        let due = {
            let Some(shared) = shared.upgrade() else { return };
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let due = shared.sweep();
            shared.is_swept = due.is_some();
            due
        };
        let Some(due) = due else { return };
        // A run that is added meanwhile and expires sooner waits for a second at most.
        sleep_until(due.min(Instant::now() + Duration::from_secs(1))).await;
    }
}
