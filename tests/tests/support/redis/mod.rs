//! A Redis of the test's own, nodes as processes, and what stands between them.

pub mod follower;
pub mod node;
pub mod proxy;
pub mod server;
