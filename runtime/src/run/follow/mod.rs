//! From the log into a response: any number of followers, each starting after any packet.
//!
//! - `requests`: `GET`, `HEAD` and `DELETE` on a run
//! - `subscription`: the answer to one client that follows a run
//! - `follower`: the frames of that answer: records in the client's format
//! - `reader`: the records that a follower writes, and those that are still to come

pub(crate) mod follower;
pub(crate) mod reader;
pub(crate) mod requests;
pub(crate) mod subscription;
