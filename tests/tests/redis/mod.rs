//! Runs in Redis: two nodes, one log, and what breaks between them. Needs `redis-server`. Nodes that die or stop are
//! processes, followed by [`Follower`](crate::support::redis::follower::Follower), which comes back when it is cut off.

mod at_length;
mod calls;
mod crash;
mod failover;
mod nodes;
mod outage;
mod refused_writes;
mod subscription;
