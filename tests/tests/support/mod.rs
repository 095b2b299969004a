//! Helpers for the tests. Nothing here is a test.
//!
//! Most tests need nothing of this but `wait`, the limits for waits: they use the test client, `outflow::test`. `request`
//! is for responses without a connection, and `serve` for clients that speak raw HTTP to a socket.

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
        ask, each_frame, empty, frame, open, open_get, read, read_until, read_without_limit, send, send_body,
        with_headers,
    },
    serve::{serve, serve_drained, serve_narrow},
    wait::{LIMIT, OnDrop, pace_clock, soon, until, within},
};
