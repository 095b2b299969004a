//! Resumable runs: an action that survives its client.
//!
//! A run is a log with one writer. Every response is a follower that reads the log, the response to the request that
//! started the run included, so a client that comes back, a second tab and the first client all take the same path.

// The files:
//
// - `start`: the request that starts a run, or finds the one that it has started before
// - `request`: what a request says about a run; `body_digest`: the digest of its body
// - `path`: the path of an action, in one spelling
// - `problem`: the problems of a run, as its clients read them
// - `context`: what every request about the runs of one action needs
// - `write`: from the action into the log
// - `follow`: from the log into a response
// - `followers`: the followers of each run in this process; `single_flight`: one call to a shared log for all
//   followers that want the same records
// - `log`: where records are kept, in memory or in Redis

mod body_digest;
pub(crate) mod context;
pub(crate) mod follow;
mod followers;
pub(crate) mod log;
mod path;
pub(crate) mod problem;
pub(crate) mod request;
mod single_flight;
pub(crate) mod start;
pub(crate) mod write;

use std::{fmt, sync::Arc};

use axum::Extension;

use self::followers::Followers;
#[cfg(feature = "redis")]
pub use self::log::redis::RedisLog;
pub use self::log::{
    Ack, AppendError, Claim, ClaimError, Claimed, LEASE, Meta, OpenError, Page, ReadError, RunInfo, RunLog, RunState,
    Seq, Unavailable, Writer,
    id::{Digest, RunId},
    memory::MemoryLog,
};
pub use crate::{
    options::Keep,
    records::piece::{Records, RecordsIter},
};

/// The place where the runs of an application are kept. Without one, each controller keeps its own in memory, in a
/// [`MemoryLog`] of up to 256 MiB; with one, all controllers under its layer share it.
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

    /// Takes an owner's right away: every response of this process that follows one of their runs ends with 403, at once.
    /// Returns how many there were. The runs go on, and the next request asks the action's `owner` again.
    ///
    /// With a log that other processes share, each of them has to be told.
    pub fn revoke(&self, owner: &str) -> usize {
        self.followers.revoke(Digest::of([owner.as_bytes()]))
    }

    /// The layer by which a router's actions find this log: `router.layer(runs.layer())`.
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
