//! Runs in Redis: two nodes, one log, and what breaks between them. Needs `redis-server`.

mod at_length;
mod calls;
mod crash;
mod failover;
mod nodes;
mod outage;
mod refused_writes;
mod subscription;
