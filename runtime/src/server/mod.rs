//! The server around the streams: where it listens, how it stops, and when it cuts a connection.
//!
//! - `serve`: `outflow::serve` and `Server`, the short way
//! - `accept`: the connections of one of its listeners; `protocol`: how each is served; `settings`: those of HTTP/2
//! - `handshake`: listeners whose connections begin with a handshake, such as TLS
//! - `signals`: Ctrl-C and SIGTERM, heard whatever blocks the application's threads
//! - `process`: how a process with servers ends, also where something blocks it; `aside`: its lines in the log
//! - `drain`: `Drain`, by which streams learn that their server is about to stop, and what limits them until then
//! - `keep_open`: the paths that are answered while a server stops
//! - `phase`: how far the shutdown of a server has come
//! - `places`: how many streams may be open, in all and of one client
//! - `connection`: connections that can be cut where their bytes leave
//! - `gather`: small writes in one piece
//! - `socket`: the sockets that some of them stand on
//! - `layer`, `activity`: what a connection knows of its requests, and how it learns of them
//! - `watch`, `http2`, `windows`, `scan`: how long a connection may keep its server waiting, over HTTP/1 and HTTP/2
//! - `read_ahead`: reading on while hyper does not, so that a client that leaves is noticed
//! - `stall`: clients that take nothing
//! - `alarm`: a timer for tasks that are polled often

mod accept;
mod activity;
pub(crate) mod alarm;
mod aside;
pub(crate) mod connection;
pub(crate) mod drain;
mod gather;
pub(crate) mod handshake;
mod http2;
mod keep_open;
pub(crate) mod layer;
pub(crate) mod phase;
pub(crate) mod places;
mod process;
mod protocol;
mod read_ahead;
mod scan;
pub(crate) mod serve;
#[cfg(feature = "http2")]
pub(crate) mod settings;
mod signals;
mod socket;
mod stall;
mod watch;
mod windows;
