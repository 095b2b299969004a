//! The memory that the log takes, from the sizes of what it holds.

use std::collections::{BTreeSet, HashMap};

use crate::records::footprint::block;

/// The heap of a `watch` channel without a value, as `tests/tests/allocated.rs` measures it.
pub(super) const CHANNEL: usize = block(336);

/// The table of a map. It has a power of two of buckets, each with a byte beside it, and an eighth of them stays empty.
pub(super) fn table<K, V>(map: &HashMap<K, V>) -> usize {
    let buckets = (map.capacity() * 8 / 7).next_power_of_two();
    if map.capacity() == 0 { 0 } else { block(buckets * (size_of::<(K, V)>() + 1)) }
}

/// The memory by which the table of a map grows with its next entry.
pub(super) fn growth<K, V>(map: &HashMap<K, V>) -> usize {
    if map.len() < map.capacity() { 0 } else { table(map) }
}

/// The nodes of an ordered set. Each has room for eleven entries, and is little more than half full where the newest
/// entry is the largest, as it is among deadlines.
pub(super) fn tree<T>(set: &BTreeSet<T>) -> usize {
    set.len() * block(11 * size_of::<T>() + 16) / 6
}
