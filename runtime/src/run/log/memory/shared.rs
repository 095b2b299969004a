//! All runs in memory, the keys that have started them, and the bound on what they take together.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Mutex, PoisonError, Weak},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use super::{
    bound_key::BoundKey,
    expiry::{Expired, Expiry},
    footprint::{growth, table},
    stored::StoredRun,
};
use crate::{
    options::Keep,
    run::log::{
        Claim, ClaimError, Claimed, OpenError, RunState,
        id::{Digest, RunId},
    },
};

/// The most bytes that one log may take.
const CAPACITY: usize = 256 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Shared {
    /// Boxed, because a table has room for up to twice its entries.
    pub(super) runs: HashMap<RunId, Box<StoredRun>>,
    pub(super) claims: HashMap<Digest, BoundKey>,
    pub(super) expiry: Expiry,
    /// The number of runs that each owner has open.
    pub(super) owners: HashMap<Digest, u64>,
    /// The run that is open under each name.
    pub(super) names: HashMap<Digest, RunId>,
    /// The memory that the runs take, without the table.
    runs_memory: usize,
    /// The memory that the keys take, without the table.
    keys_memory: usize,
    /// Whether a task is running that drops what has expired.
    pub(super) is_swept: bool,
}

impl Shared {
    /// The memory that everything takes.
    pub(super) fn memory(&self) -> usize {
        let tables = table(&self.runs) + table(&self.claims) + table(&self.owners) + table(&self.names);
        tables + self.expiry.memory() + self.runs_memory + self.keys_memory
    }

    pub(super) fn claim(&mut self, key: Digest, claim: Claim) -> Result<Claimed, ClaimError> {
        if self.claims.get(&key).is_some_and(|bound| bound.claim.fingerprint != claim.fingerprint) {
            return Err(ClaimError::Mismatch);
        }
        let bound = match self.take_key(key) {
            Some(mut bound) => {
                bound.join(claim.run);
                bound
            }
            None => BoundKey::new(claim),
        };
        let claimed = bound.claimed();
        self.put_key(key, bound);
        Ok(claimed)
    }

    pub(super) fn unclaim(&mut self, key: Digest, proposed: &RunId) {
        let Some(mut bound) = self.take_key(key) else { return };
        if !bound.leave(proposed) {
            self.put_key(key, bound);
        }
    }

    fn take_key(&mut self, key: Digest) -> Option<BoundKey> {
        let bound = self.claims.remove(&key)?;
        self.keys_memory -= bound.memory();
        if let Some(due) = bound.due() {
            self.expiry.unopened.remove(&(due, key.0));
        }
        Some(bound)
    }

    fn put_key(&mut self, key: Digest, bound: BoundKey) {
        self.keys_memory += bound.memory();
        if let Some(due) = bound.due() {
            self.expiry.unopened.insert((due, key.0));
        }
        self.claims.insert(key, bound);
    }

    /// Whether a key is bound to this run. A key that has expired may be bound to another one.
    fn is_bound(&self, key: Digest, run: &RunId) -> bool {
        self.claims.get(&key).is_some_and(|bound| bound.claim.run == *run)
    }

    /// Adds a run, if there is room for it.
    pub(super) fn open(&mut self, run: &RunId, opened: StoredRun) -> Result<(), OpenError> {
        if self.runs.contains_key(run) {
            return Err(OpenError::Exists);
        }
        let (owner, name, claim) = (opened.meta.owner, opened.meta.name, opened.meta.claim);
        if name.is_some_and(|name| self.names.contains_key(&name)) {
            return Err(OpenError::NameTaken);
        }
        let of_owner = owner.and_then(|owner| self.owners.get(&owner)).copied().unwrap_or_default();
        if of_owner >= opened.meta.keep.runs {
            return Err(OpenError::TooMany);
        }
        let memory = opened.memory();
        if !self.has_room(memory + growth(&self.runs) + growth(&self.owners) + growth(&self.names)) {
            return Err(OpenError::Full);
        }
        if let Some(key) = claim.filter(|key| self.is_bound(*key, run)) {
            if let Some(bound) = self.take_key(key) {
                self.put_key(key, BoundKey { unopened: None, ..bound });
            }
        }
        if let Some(owner) = owner {
            self.owners.insert(owner, of_owner + 1);
        }
        self.names.extend(name.map(|name| (name, run.clone())));
        self.runs_memory += memory;
        self.runs.insert(run.clone(), Box::new(opened));
        Ok(())
    }

    /// Changes a run, and counts the memory that it takes from then on.
    pub(super) fn change<T>(&mut self, run: &RunId, change: impl FnOnce(&mut StoredRun) -> T) -> Option<T> {
        let run = self.runs.get_mut(run)?;
        let before = run.memory();
        let changed = change(run);
        self.runs_memory = self.runs_memory - before + run.memory();
        Some(changed)
    }

    pub(super) fn close(&mut self, run: &RunId, state: RunState, record: Bytes) {
        // The end is taken in any case, but what has ended before makes room for it.
        let _ = self.has_room(record.len());
        let closing = self.change(run, |run| {
            run.records.push([record].into());
            run.records.compact();
            run.state = state;
            run.changes = None;
            (run.meta.owner, run.meta.name, run.meta.keep)
        });
        let Some((owner, name, Keep { packets, tombstone, .. })) = closing else { return };
        if let Some(name) = name {
            self.names.remove(&name);
        }
        if let Some(Entry::Occupied(mut of_owner)) = owner.map(|owner| self.owners.entry(owner)) {
            *of_owner.get_mut() -= 1;
            if *of_owner.get() == 0 {
                of_owner.remove();
            }
        }
        let now = Instant::now();
        self.expiry.packets.insert((now + packets, run.clone()));
        self.expiry.runs.insert((now + packets.max(tombstone), run.clone()));
    }

    /// Drops the packets of a run, and keeps its end as the sign that there was one.
    fn drop_packets(&mut self, run: &RunId) {
        self.change(run, |ended| ended.records.keep_last());
    }

    /// Drops a run, and returns the key that is bound to it.
    fn drop_run(&mut self, run: &RunId) -> Option<Digest> {
        let gone = self.runs.remove(run)?;
        self.runs_memory -= gone.memory();
        gone.meta.claim.filter(|key| self.is_bound(*key, run))
    }

    fn expire(&mut self, what: Expired) {
        match what {
            Expired::Packets(run) => self.drop_packets(&run),
            Expired::Run(run) => {
                if let Some(key) = self.drop_run(&run) {
                    self.take_key(key);
                }
            }
            Expired::Claim(key) => drop(self.take_key(Digest(key))),
        }
    }

    /// Drops what has expired. Returns when the next thing expires.
    fn sweep(&mut self) -> Option<Instant> {
        let now = Instant::now();
        while let Some(what) = self.expiry.take_due(now) {
            self.expire(what);
        }
        // A table keeps its largest size until it is shrunk.
        shrink(&mut self.runs);
        shrink(&mut self.claims);
        shrink(&mut self.owners);
        shrink(&mut self.names);
        self.expiry.next()
    }

    /// Makes room for more bytes if possible: the packets of the oldest ended runs go first, then the runs. Their claims
    /// stay, because their keys must not start other runs.
    pub(super) fn has_room(&mut self, more: usize) -> bool {
        while self.memory() + more > CAPACITY {
            if let Some((_, run)) = self.expiry.packets.pop_first() {
                self.drop_packets(&run);
            } else if let Some((due, run)) = self.expiry.runs.pop_first() {
                let claim = self.drop_run(&run);
                self.expiry.orphaned.extend(claim.map(|Digest(key)| (due, key)));
            } else {
                return false;
            }
        }
        true
    }
}

fn shrink<K: Eq + Hash, V>(map: &mut HashMap<K, V>) {
    if map.is_empty() || map.capacity() > 1_000 && map.capacity() / 8 > map.len() {
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
