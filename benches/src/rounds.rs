//! Rounds: every peer once, in turns, so that whatever else the machine does meets them all.

use anyhow::{Context as _, Result};

use crate::peers::Peer;

/// The number of times that each peer is measured.
pub(crate) const ROUNDS: usize = 5;

/// The measurements of each peer, round by round.
pub(crate) type Samples<M> = Vec<(Peer, Vec<M>)>;

/// Measures every peer [`ROUNDS`] times, each round beginning with another one.
pub(crate) fn measure<M>(peers: &[Peer], mut one: impl FnMut(Peer) -> Result<M>) -> Result<Samples<M>> {
    let mut samples: Samples<M> = peers.iter().map(|peer| (*peer, Vec::new())).collect();
    for round in 0..ROUNDS {
        for turn in 0..peers.len() {
            let (peer, samples) = &mut samples[(round + turn) % peers.len()];
            samples.push(one(*peer).with_context(|| format!("while `{}` was measured", peer.name()))?);
        }
    }
    Ok(samples)
}

/// The value in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The value that this share of the values, which are sorted, do not exceed.
pub(crate) fn percentile(sorted: &[u64], percent: usize) -> f64 {
    sorted[sorted.len() * percent / 100] as f64
}
