//! The server around the streams: where it listens, how it stops, and when it cuts a connection.
//!
//! - `serve`: `outflow::serve` and `Server`, the short way
//! - `signals`: Ctrl-C and SIGTERM, heard whatever blocks the application's threads
//! - `process`: how a process with servers ends, also where something blocks it
//! - `drain`: `Drain`, by which streams learn that their server is about to stop, and what limits them until then
//! - `phase`: how far the shutdown of a server has come
//! - `connection`: connections that can be cut where their bytes leave
//! - `alarm`: a timer for tasks that are polled often
//! - `retry`: when a client that is turned away may come back

pub(crate) mod alarm;
pub(crate) mod connection;
pub(crate) mod drain;
pub(crate) mod phase;
mod process;
pub(crate) mod retry;
pub(crate) mod serve;
mod signals;
