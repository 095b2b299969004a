//! Outflow measured beside what one would pick instead: the servers, the client that loads them, and the scenarios.
//!
//! Every server is a process of its own with one thread for its requests, so that the operating system can tell what
//! it costs; the client is this process. The machines this runs on are shared, so seconds mean little and ratios
//! something: the servers take turns, and each round gives one ratio.

pub mod clock;
pub mod in_process;
pub mod peers;
pub mod proxies;
pub mod scenarios;

mod client;
mod process;
mod report;
mod rounds;
