//! The log of runs: where a run's packets are kept, and who may write them.
//!
//! A log knows bytes and numbers only; formats are the follower's business. A run has one writer forever, so nothing
//! needs an epoch: any reader that finds the writer's lease expired closes the run, and a writer that comes back is
//! refused.
//!
//! - `id`: names that can't be guessed, and digests of secrets
//! - `record`: one record of the log
//! - `memory`, `redis`: the logs

pub(crate) mod id;
pub(crate) mod memory;
pub(crate) mod record;
#[cfg(feature = "redis")]
pub(crate) mod redis;

use std::{fmt, future::ready, time::Duration};

use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};

use self::id::{Digest, RunId};
use crate::{options::Keep, records::piece::Records};

/// The number of a record. Packets are 1, 2, 3 and so on without gaps, and the end has the next number; 0 is before the
/// first.
pub type Seq = crate::records::Seq;

/// How long a writer may be silent before readers may close its run as lost.
pub const LEASE: Duration = Duration::from_secs(15);

/// The lifetime of a claim whose run is never opened.
pub(crate) const CLAIM_LIFETIME: Duration = Duration::from_secs(60);

/// How long a writer waits for a log that is away.
pub(crate) const OUTAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Keeps the packets of runs. Implemented by [`MemoryLog`](super::MemoryLog) and, with the feature `redis`, by
/// `RedisLog`.
///
/// Every call is atomic: either all readers see its effect, or none does. A record's bytes never change once they can
/// be read.
pub trait RunLog: Send + Sync + 'static {
    /// Binds a key to a run, unless it is bound already. Returns the run that it is bound to.
    ///
    /// A key whose run is never opened is bound for a minute after its last claim; the key of an opened run, for as long
    /// as the run's tombstone.
    fn claim<'a>(&'a self, key: Digest, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>>;

    /// Takes a claim back, because no run was opened: `run` is the one that it proposed. The key is free again once every
    /// request that claimed it has taken its claim back, unless one of them opened the run. By default it does nothing,
    /// and the claim lives for its minute.
    fn unclaim<'a>(&'a self, key: Digest, run: &'a RunId) -> BoxFuture<'a, Result<(), Unavailable>> {
        let _ = (key, run);
        Box::pin(ready(Ok(())))
    }

    /// Creates a run, unless its owner has too many open or its name has one. The caller becomes its writer.
    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>>;

    /// The run that is open under a name, if there is one. A log that keeps no names fails, as it does by default.
    fn named<'a>(&'a self, name: Digest) -> BoxFuture<'a, Result<Option<RunId>, Unavailable>> {
        let _ = name;
        Box::pin(ready(Err(Unavailable("it keeps no names, which `resumable(name = …)` needs".to_owned()))))
    }

    /// Appends records, the first of which has the number `first`.
    fn append<'a>(
        &'a self,
        writer: &'a Writer,
        first: Seq,
        records: Records,
    ) -> BoxFuture<'a, Result<Ack, AppendError>>;

    /// Appends the last record and closes the run in one step. Repeating the call with the same bytes is not an error.
    fn close<'a>(
        &'a self,
        writer: &'a Writer,
        at: Seq,
        state: RunState,
        record: Bytes,
    ) -> BoxFuture<'a, Result<(), AppendError>>;

    /// Renews the writer's lease.
    fn renew<'a>(&'a self, writer: &'a Writer) -> BoxFuture<'a, Result<Ack, AppendError>>;

    /// Closes a run as lost if its writer's lease has expired, and returns whether it did. Call it repeatedly: a log
    /// may require the lease to stay expired for a while before it gives up on the writer.
    fn reap<'a>(&'a self, run: &'a RunId, record: Bytes) -> BoxFuture<'a, Result<bool, Unavailable>>;

    /// Asks the writer to stop, which it learns from its next [`Ack`]. Returns whether the run was still open.
    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>>;

    /// Looks a run up; `None` if the log does not know it.
    fn meta<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<RunInfo>, Unavailable>>;

    /// Reads the records after this one: at most `max_bytes` of them, but at least one.
    fn read<'a>(&'a self, run: &'a RunId, after: Seq, max_bytes: usize) -> BoxFuture<'a, Result<Page, ReadError>>;

    /// Notifies of changes of a run. Notifications may be lost, so readers must also poll.
    fn changes<'a>(&'a self, run: &'a RunId) -> BoxStream<'static, ()>;

    /// Announces that this process has followers of a run. One of them calls it every five seconds, if the action says
    /// `abandon_after`. By default it does nothing.
    fn follow<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), Unavailable>> {
        let _ = run;
        Box::pin(ready(Ok(())))
    }

    /// Whether a run has a follower anywhere: one that was announced in the last fifteen seconds or, with a log in this
    /// process, one that holds its [`changes`](Self::changes). It fails where followers can't announce themselves. By default
    /// the answer is yes, and no run is abandoned.
    fn is_followed<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let _ = run;
        Box::pin(ready(Ok(true)))
    }

    /// How often a silent writer renews its lease: often enough that one call may fail.
    fn renew_every(&self) -> Duration {
        LEASE / 3
    }

    /// How long a writer waits for a log that is away, before its action is dropped.
    fn outage_timeout(&self) -> Duration {
        OUTAGE_TIMEOUT
    }

    /// Whether other processes reach the same runs, so that a follower can go on there.
    fn is_shared(&self) -> bool;
}

/// A request to bind a key to a run.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The run to bind to the key, if the key is free.
    pub run: RunId,
    /// The digest of the request, so that a key serves one request only.
    pub fingerprint: Digest,
}

/// The run that a key is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The run.
    pub run: RunId,
    /// Whether the run has been opened. If it is gone by now, it must not be opened again.
    pub opened: bool,
}

/// The properties that a run is opened with.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The path of the request that started it.
    pub action: String,
    /// The digest of the key that may read it, if one is needed.
    pub key: Option<Digest>,
    /// The digest of its owner, if the action asks for one.
    pub owner: Option<Digest>,
    /// The digest of its name, if the action names its runs: at most one run of a name is open.
    pub name: Option<Digest>,
    /// The claim that it was opened for, if there is one.
    pub claim: Option<Digest>,
    /// The bounds of the run, and how long it is kept.
    pub keep: Keep,
}

/// The right to write a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The run.
    pub run: RunId,
    /// The secret that tells this writer from all others.
    pub token: String,
}

/// A run as the log knows it.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// The properties that it was opened with.
    pub meta: Meta,
    /// Its state.
    pub state: RunState,
    /// The number of its last record, the end included.
    pub tail: Seq,
    /// The number of the first record that is kept; one more than the tail if no record is kept.
    pub first: Seq,
    /// The very first record, if a window has moved past it: the columns of a table follow from it.
    pub first_record: Option<Bytes>,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Its writer is at work.
    Open,
    /// The action returned.
    Done,
    /// The action failed.
    Failed,
    /// A client cancelled it, or nobody followed it for too long.
    Cancelled,
    /// Its writer has vanished.
    Lost,
}

impl RunState {
    /// The name in the header `Run-State`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }

    /// The state of this name.
    #[cfg(feature = "test")]
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Self::Open, Self::Done, Self::Failed, Self::Cancelled, Self::Lost];
        all.into_iter().find(|state| state.name() == name)
    }
}

/// Some of the records of a run.
#[derive(Clone, Debug)]
pub struct Page {
    /// The records from `after + 1` on.
    pub records: Records,
    /// The state of the run.
    pub state: RunState,
    /// The number of its last record, the end included.
    pub tail: Seq,
}

/// The acknowledgement of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Whether the run was cancelled: its writer must drop the action, and close the run.
    pub cancel_asked: bool,
}

/// The error of a log that can't be reached, or does not answer.
#[derive(Clone, Debug)]
pub struct Unavailable(pub String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log of runs is not available: {}", self.0)
    }
}

impl std::error::Error for Unavailable {}

/// Why a key was not bound.
#[derive(Clone, Debug)]
pub enum ClaimError {
    /// It is bound to another request.
    Mismatch,
    /// See [`Unavailable`].
    Unavailable(Unavailable),
}

/// Why a run was not created.
#[derive(Clone, Debug)]
pub enum OpenError {
    /// It exists already.
    Exists,
    /// The log has no room for another one.
    Full,
    /// Its owner has reached the limit of open runs.
    TooMany,
    /// Another run of its name is open.
    NameTaken,
    /// See [`Unavailable`].
    Unavailable(Unavailable),
}

/// Why nothing was appended.
#[derive(Clone, Debug)]
pub enum AppendError {
    /// The run is closed, or belongs to another writer.
    Closed,
    /// The log expects another number: it has lost its tail, or has these records already.
    Gap {
        /// The number that it expects.
        next: Seq,
    },
    /// The run has reached its bounds.
    Full,
    /// See [`Unavailable`].
    Unavailable(Unavailable),
}

/// Why nothing was read.
#[derive(Clone, Debug)]
pub enum ReadError {
    /// There is no such run.
    Unknown,
    /// The next records have been dropped already.
    Gone {
        /// The number of the first one that is kept.
        first: Seq,
    },
    /// See [`Unavailable`].
    Unavailable(Unavailable),
}
