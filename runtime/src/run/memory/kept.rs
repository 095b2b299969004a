//! What is kept in memory, and when it goes.

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

use crate::run::{Ack, AppendError, Claim, Digest, Keep, Meta, Records, RunId, RunState, Writer, blocks::Blocks};

/// What all runs together may hold, in bytes.
const CAPACITY: usize = 256 * 1024 * 1024;

/// What a run costs beside its packets, in bytes: an estimate.
pub(super) const FLOOR: usize = 512;

/// What a record costs beside its bytes: an estimate for one that was appended by itself.
const BESIDE: usize = 32;

#[derive(Default)]
pub(super) struct Shared {
    pub(super) runs: HashMap<RunId, Run>,
    pub(super) claims: HashMap<Digest, Bound>,
    /// What is to be dropped, and when.
    pub(super) expiry: BTreeSet<(Instant, Expired)>,
    pub(super) bytes: usize,
    /// How many runs each owner has open.
    pub(super) owners: HashMap<Digest, u64>,
    /// A task is there that drops what has expired.
    pub(super) is_swept: bool,
}

pub(super) struct Bound {
    pub(super) claim: Claim,
    pub(super) opened: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Expired {
    /// The packets of an ended run.
    Packets(RunId),
    /// What is left of it.
    Run(RunId),
    Claim(RunId, [u8; 32]),
    /// The claim of a run that had to make room: its key must not start another one.
    Opened([u8; 32]),
}

pub(super) struct Run {
    pub(super) meta: Meta,
    pub(super) token: String,
    pub(super) state: RunState,
    pub(super) records: Blocks,
    /// Where the window has moved past it.
    pub(super) first_record: Option<Bytes>,
    pub(super) lease: Instant,
    /// How long a lease lasts.
    pub(super) lasts: Duration,
    pub(super) cancel_asked: bool,
    /// Changes with every change of the run.
    pub(super) changes: watch::Sender<()>,
}

impl Run {
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

    /// The run as its writer sees it.
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

    /// Leaves the end of a run, as the sign that there was one.
    fn drop_packets(&mut self, run: &RunId) {
        let Some(ended) = self.runs.get_mut(run) else { return };
        let freed: usize = std::iter::from_fn(|| (ended.records.len() > 1).then(|| ended.pop())).sum();
        ended.records.shrink_to_fit();
        ended.changes.send_replace(());
        self.bytes -= freed;
    }

    /// Drops a run before its time, but not its claim: its key would start another one.
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

    /// Drops what has expired, and says when there is more.
    fn sweep(&mut self) -> Option<Instant> {
        let due = self.drop_expired();
        // A table keeps the size that it once had.
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

    /// Makes room for more bytes where that is possible: the packets of the oldest ended runs go, then the runs.
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

/// Drops what has expired for as long as there is something to drop.
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
        // What is to be dropped sooner comes later only where a keep is shorter than this.
        sleep_until(due.min(Instant::now() + Duration::from_secs(1))).await;
    }
}
