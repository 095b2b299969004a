//! The server around the streams: where it listens, how it stops, and when it gives a connection up.
//!
//! - `serve`: `outflow::serve` and `Server`, the short way
//! - `drain`: `Drain`, by which streams learn that their server is about to stop, and what limits them until then
//! - `phase`: how far a server is on its way down
//! - `connection`: connections that can be cut where their bytes leave
//! - `alarm`: a timer for tasks that are polled often
//! - `retry`: when a client that is turned away may come back

pub(crate) mod alarm;
pub(crate) mod connection;
pub(crate) mod drain;
pub(crate) mod phase;
pub(crate) mod retry;
pub(crate) mod serve;
