//! Resumable runs: an action that survives its client.
//!
//! A run is a log with one writer; every response, that to the request which started it included, is a follower that
//! reads the log. So a client that comes back, a second tab and the first client go one way.

mod appender;
mod blocks;
mod digest;
mod follower;
mod followers;
mod id;
mod joined;
mod log;
mod memory;
mod problem;
mod record;
mod records;
#[cfg(feature = "redis")]
mod redis;
mod request;
mod routes;
mod start;
mod subscription;
mod tail;
mod writer;

use std::{fmt, sync::Arc};

use axum::Extension;

#[cfg(feature = "redis")]
pub use self::redis::RedisLog;
pub(crate) use self::{
    followers::Followers,
    problem::no_store,
    request::RunRequest,
    routes::{FollowRequest, follow},
    start::Start,
    writer::Unlogged,
};
pub use self::{
    id::{Digest, RunId},
    log::{
        Ack, AppendError, Claim, ClaimError, Claimed, Keep, LEASE, Meta, OpenError, Page, ReadError, RunInfo, RunLog,
        RunState, Seq, Unavailable, Writer,
    },
    memory::MemoryLog,
    records::{Records, RecordsIter},
};

/// Where the runs of an application are kept. Without one, each controller keeps its own in memory.
///
/// ```
/// use outflow::{
///     Controller as _, action, controller,
///     run::{MemoryLog, Runs},
/// };
///
/// struct Chat;
///
/// #[controller]
/// impl Chat {
///     #[action(post, resumable)]
///     async fn answer(&self) {
///         self.stream("Hello");
///     }
/// }
///
/// let runs = Runs::new(MemoryLog::new());
/// let app: axum::Router = Chat.into_router().layer(runs.layer());
/// ```
#[derive(Clone)]
pub struct Runs {
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) followers: Followers,
}

impl Runs {
    /// Keeps runs in this log.
    pub fn new(log: impl RunLog) -> Self {
        Self { log: Arc::new(log), followers: Followers::default() }
    }

    /// Tells the actions of a router of this log: `router.layer(runs.layer())`.
    pub fn layer(&self) -> Extension<Self> {
        Extension(self.clone())
    }
}

impl Default for Runs {
    fn default() -> Self {
        Self::new(MemoryLog::new())
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runs")
    }
}
