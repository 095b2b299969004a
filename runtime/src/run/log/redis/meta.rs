//! The properties of a run, as Redis holds them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    options::Keep,
    redis::millis,
    run::log::{Meta, RunState, id::Digest},
};

#[derive(Serialize, Deserialize)]
struct Stored {
    action: String,
    key: Option<String>,
    owner: Option<String>,
    name: Option<String>,
    claim: Option<String>,
    keep: StoredKeep,
}

/// The bounds of a run. Times are in milliseconds.
#[derive(Serialize, Deserialize)]
struct StoredKeep {
    packets: u64,
    tombstone: u64,
    bytes: usize,
    count: u64,
    is_window: bool,
    runs: u64,
}

pub(super) fn write(meta: &Meta) -> String {
    let Keep { packets, tombstone, bytes, count, is_window, runs } = meta.keep;
    let text = |hash: Option<Digest>| hash.map(Digest::to_text);
    let stored = Stored {
        action: meta.action.clone(),
        key: text(meta.key),
        owner: text(meta.owner),
        name: text(meta.name),
        claim: text(meta.claim),
        keep: StoredKeep { packets: millis(packets), tombstone: millis(tombstone), bytes, count, is_window, runs },
    };
    match serde_json::to_string(&stored) {
        Ok(text) => text,
        Err(error) => unreachable!("strings and numbers can always be written: {error}"),
    }
}

/// Reads the properties. If they can't be read this is `None`, and nobody may see the run.
pub(super) fn read(text: &str) -> Option<Meta> {
    let Stored { action, key, owner, name, claim, keep } = serde_json::from_str(text).ok()?;
    let hash = |text: Option<String>| match text {
        Some(text) => Digest::from_text(&text).map(Some),
        None => Some(None),
    };
    let StoredKeep { packets, tombstone, bytes, count, is_window, runs } = keep;
    let keep = Keep {
        packets: Duration::from_millis(packets),
        tombstone: Duration::from_millis(tombstone),
        bytes,
        count,
        is_window,
        runs,
    };
    let [key, owner, name, claim] = [hash(key)?, hash(owner)?, hash(name)?, hash(claim)?];
    Some(Meta { action, key, owner, name, claim, keep })
}

/// The state with this name. A run in an unknown state counts as lost.
pub(super) fn state(name: &str) -> RunState {
    let known = [RunState::Open, RunState::Done, RunState::Failed, RunState::Cancelled];
    known.into_iter().find(|state| state.name() == name).unwrap_or(RunState::Lost)
}
