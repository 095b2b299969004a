//! The time that two processes of one machine agree on.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds of the monotonic clock, which every process of the machine shares.
///
/// # Panics
/// If there is no such clock, which POSIX rules out.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("every system has a monotonic clock");
    Duration::from(now).as_nanos() as u64
}
