//! Helpers for the tests. Nothing here is a test.
//!
//! Most tests need `request` (a router within the process), `serve` (the same on a socket) and `wait` (limits for
//! waits); these are at hand as `support::get` and so on.

pub mod decoders;
pub mod gateways;
pub mod logs;
pub mod paced;
pub mod pipe;
pub mod proxy;
pub mod reader;
pub mod redis;
pub mod runs;
pub mod spans;
pub mod wire;

mod request;
mod serve;
mod wait;

pub use self::{
    request::{
        Reply, ask, each_frame, empty, frame, get, get_as, open, open_get, read, read_until, send, send_body,
        with_headers,
    },
    serve::{serve, serve_drained, serve_narrow},
    wait::{LIMIT, OnDrop, pace_clock, soon, until, within},
};
