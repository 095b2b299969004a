//! A key, and the run that it is bound to.

use tokio::time::Instant;

use crate::{
    records::footprint::block,
    run::log::{CLAIM_LIFETIME, Claim, Claimed, id::RunId},
};

pub(super) struct BoundKey {
    pub(super) claim: Claim,
    /// `None` once the run is open.
    pub(super) unopened: Option<Unopened>,
}

/// A key whose run is not open.
pub(super) struct Unopened {
    /// The run that each request has proposed which may still open the one of the key.
    claimants: Vec<RunId>,
    /// When the key expires.
    pub(super) due: Instant,
}

impl BoundKey {
    /// Binds a key to the run that the first request proposes.
    pub(super) fn new(claim: Claim) -> Self {
        let claimants = vec![claim.run.clone()];
        Self { claim, unopened: Some(Unopened { claimants, due: Instant::now() + CLAIM_LIFETIME }) }
    }

    /// Adds another request, which has as long to open the run as the first one had.
    pub(super) fn join(&mut self, proposed: RunId) {
        let Some(unopened) = &mut self.unopened else { return };
        unopened.due = Instant::now() + CLAIM_LIFETIME;
        if !unopened.claimants.contains(&proposed) {
            unopened.claimants.push(proposed);
        }
    }

    /// Takes back the claim of the request that proposed this run. Returns whether no request is left that may open the
    /// key's run.
    pub(super) fn leave(&mut self, proposed: &RunId) -> bool {
        let Some(unopened) = &mut self.unopened else { return false };
        unopened.claimants.retain(|claimant| claimant != proposed);
        unopened.claimants.is_empty()
    }

    pub(super) fn claimed(&self) -> Claimed {
        Claimed { run: self.claim.run.clone(), opened: self.unopened.is_none() }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.unopened.as_ref().map(|unopened| unopened.due)
    }

    /// The memory that it takes besides its entry in the table of keys.
    pub(super) fn memory(&self) -> usize {
        self.unopened.as_ref().map_or(0, |unopened| block(unopened.claimants.capacity() * size_of::<RunId>()))
    }
}
