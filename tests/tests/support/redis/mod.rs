//! A Redis of the test's own, nodes as processes, and what stands between them.

pub mod follower;
pub mod node;
pub mod proxy;
pub mod server;

use std::time::Duration;

/// A node whose runs are lost when their writer has been silent for two seconds.
pub const LEASE: [(&str, &str); 1] = [("LEASE", "2000")];

/// The time within which such a run is lost: the lease, the tick of a follower, and what a busy machine adds.
pub const LOST: Duration = Duration::from_secs(8);
