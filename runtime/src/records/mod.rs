//! Numbered records in memory, of which the logs of runs and the topics of hubs are made.
//!
//! - `piece`: many records in one piece of memory; `blocks`: those pieces in a row, found by their numbers
//! - `packet`: a packet as a record, which has no format yet
//! - `footprint`: the memory that they take

pub(crate) mod blocks;
pub(crate) mod footprint;
pub(crate) mod packet;
pub(crate) mod piece;

/// The number of a record: 1, 2, 3 and so on without gaps; 0 is before the first.
pub(crate) type Seq = u64;
