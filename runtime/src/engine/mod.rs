//! Runs an action's body and yields what it sends in batches, for any reader: a response, the log of a run, or Rust
//! code.
//!
//! - `channel`: the bounded batch between the senders and the driver; `channel_state`: what is behind its lock
//! - `age`: how long packets have been waiting in a batch; `linger`: how long a batch waits for more of them
//! - `emitter`: a sender for tasks, callbacks and other types
//! - `forward`: `self.stream_all`; `newest`: `self.latest`; `unsent`: the frames that have not left
//! - `driver`: the async-stream generator that polls a body and yields its batches, then its end
//! - `generator`: an action called from Rust
//! - `supervise`: an action called by a request, with all that may end it from outside
//! - `limit`: its deadline, and the end of its server
//! - `unread_body`: the rest of its request, which shows when the client leaves
//! - `outcome`, `failure`: how it ended
//! - `telemetry`: its `tracing` span and metrics
//! - `make_span`: a span of the application's own making
//! - `witness`: its fate, for the test client

pub(crate) mod age;
pub(crate) mod channel;
mod channel_state;
pub(crate) mod driver;
pub(crate) mod emitter;
pub(crate) mod failure;
pub(crate) mod forward;
pub(crate) mod generator;
pub(crate) mod limit;
pub(crate) mod linger;
pub(crate) mod make_span;
pub(crate) mod newest;
pub(crate) mod outcome;
pub(crate) mod supervise;
pub(crate) mod telemetry;
pub(crate) mod unread_body;
pub(crate) mod unsent;
#[cfg(feature = "test")]
pub(crate) mod witness;
