//! From the log into a response: followers, as many as like, each from a number on.
//!
//! - `requests`: `GET`, `HEAD` and `DELETE` on a run
//! - `subscription`: the answer to one client that follows a run
//! - `follower`: the frames of that answer: records in the client's format
//! - `reader`: the records that a follower writes, and those that are still to come
//! - `followers`: who follows which run in this process
//! - `single_flight`: one call to a shared log for all followers that want the same

pub(crate) mod follower;
pub(crate) mod followers;
pub(crate) mod reader;
pub(crate) mod requests;
mod single_flight;
pub(crate) mod subscription;
