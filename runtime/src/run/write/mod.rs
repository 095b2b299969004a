//! From the action into the log.
//!
//! - `records`: the batch of a run: packets as records
//! - `writer`: runs the action to its end and appends what it sends, one call at a time
//! - `tail`: the end of the log, and what to do when the log is away or has lost something

pub(crate) mod records;
mod tail;
pub(crate) mod writer;
