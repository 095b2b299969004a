//! The deadlines of the log in memory.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::footprint::tree;
use crate::run::log::id::RunId;

/// The digest of a claim's key.
type Key = [u8; 32];

/// The deadlines of everything that expires. In each set the earliest is the first.
#[derive(Default)]
pub(super) struct Expiry {
    /// The packets of ended runs.
    pub(super) packets: BTreeSet<(Instant, RunId)>,
    /// What is left of ended runs.
    pub(super) runs: BTreeSet<(Instant, RunId)>,
    /// The claims whose run was never opened.
    pub(super) unopened: BTreeSet<(Instant, Key)>,
    /// The claims of runs that had to make room. Until then, their keys must not start other runs.
    pub(super) orphaned: BTreeSet<(Instant, Key)>,
}

/// Something that has expired.
pub(super) enum Expired {
    Packets(RunId),
    Run(RunId),
    Claim(Key),
}

impl Expiry {
    /// The next deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        let of_runs = [&self.packets, &self.runs].map(|set| set.first().map(|(due, _)| *due));
        let of_claims = [&self.unopened, &self.orphaned].map(|set| set.first().map(|(due, _)| *due));
        of_runs.into_iter().chain(of_claims).flatten().min()
    }

    /// Takes something that has expired by now.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Expired> {
        take(&mut self.packets, now)
            .map(Expired::Packets)
            .or_else(|| take(&mut self.runs, now).map(Expired::Run))
            .or_else(|| take(&mut self.unopened, now).map(Expired::Claim))
            .or_else(|| take(&mut self.orphaned, now).map(Expired::Claim))
    }

    /// The memory that it takes.
    pub(super) fn memory(&self) -> usize {
        tree(&self.packets) + tree(&self.runs) + tree(&self.unopened) + tree(&self.orphaned)
    }
}

fn take<T: Ord>(set: &mut BTreeSet<(Instant, T)>, now: Instant) -> Option<T> {
    let is_due = set.first().is_some_and(|(due, _)| *due <= now);
    if is_due { set.pop_first().map(|(_, what)| what) } else { None }
}
