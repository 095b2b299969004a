//! When a client that is turned away, or told to come back, should try again.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

/// The `Retry-After` of every answer that has one.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(3);

/// The reason that clients are given while the server stops.
pub(crate) const SHUTTING_DOWN: &str = "the server is shutting down";

/// A delay around [`RETRY_AFTER`], because clients that are sent away together should not come back together.
pub(crate) fn come_back_after() -> Duration {
    let random = RandomState::new().hash_one(());
    RETRY_AFTER / 2 + Duration::from_millis(random % RETRY_AFTER.as_millis() as u64)
}
