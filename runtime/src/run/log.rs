//! The log of runs: where a run's packets are kept, and who may write them.
//!
//! It knows bytes and numbers only; formats are the follower's business. A run has one writer for ever, so nothing
//! needs an epoch: whoever finds the writer's lease out closes the run, and a writer that comes back is refused.

use std::{fmt, future::ready, time::Duration};

use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};

use super::{
    id::{Digest, RunId},
    records::Records,
};

/// The number of a record. Packets are 1, 2, 3 … without holes, the end is one more; 0 is before the first.
pub type Seq = u64;

/// How long a writer may be silent before anyone may close its run as lost.
pub const LEASE: Duration = Duration::from_secs(15);

/// How long a writer waits for a log that is away.
pub(crate) const OUTAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Keeps the packets of runs. Implemented by [`MemoryLog`](super::MemoryLog) and, with the feature `redis`, by
/// `RedisLog`.
///
/// Every call is atomic: it has happened for all who read, or for nobody. A record's bytes never change once it can be
/// read.
pub trait RunLog: Send + Sync + 'static {
    /// Binds a key to a run, unless it is bound already: the run that it is bound to.
    ///
    /// A claim whose run is never opened lives for a minute; that of an opened run for as long as its tombstone.
    fn claim<'a>(&'a self, key: Digest, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>>;

    /// Creates a run, unless its owner has too many open. The one who does is its writer.
    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>>;

    /// Appends records, the first of which has the number `first`.
    fn append<'a>(
        &'a self,
        writer: &'a Writer,
        first: Seq,
        records: Records,
    ) -> BoxFuture<'a, Result<Ack, AppendError>>;

    /// Appends the last record and closes the run in one step. Doing so again with the same bytes is no error.
    fn close<'a>(
        &'a self,
        writer: &'a Writer,
        at: Seq,
        state: RunState,
        record: Bytes,
    ) -> BoxFuture<'a, Result<(), AppendError>>;

    /// Tells that the writer lives.
    fn renew<'a>(&'a self, writer: &'a Writer) -> BoxFuture<'a, Result<Ack, AppendError>>;

    /// Closes a run as lost if its writer's lease is out. Whoever notices calls this, again and again: a log may want
    /// to have missed the writer for a while.
    fn reap<'a>(&'a self, run: &'a RunId, record: Bytes) -> BoxFuture<'a, Result<bool, Unavailable>>;

    /// Asks the writer to stop. It learns so from its next [`Ack`]. Whether the run was still open.
    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>>;

    /// What is known of a run; `None` if nothing is.
    fn meta<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<RunInfo>, Unavailable>>;

    /// The records after this one, at most `max_bytes` bytes of them, but one at least.
    fn read<'a>(&'a self, run: &'a RunId, after: Seq, max_bytes: usize) -> BoxFuture<'a, Result<Page, ReadError>>;

    /// A hint for each change of a run. Some may be lost, so who waits looks by itself now and then.
    fn changes<'a>(&'a self, run: &'a RunId) -> BoxStream<'static, ()>;

    /// Tells that somebody follows a run from here. It is told again every five seconds for as long as that is so, by
    /// one of all who follow the run in this process, and only where the action says `abandon_after`. By default there
    /// is nobody to tell.
    fn follow<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), Unavailable>> {
        let _ = run;
        Box::pin(ready(Ok(())))
    }

    /// Whether somebody follows a run, from anywhere: has told so in the last fifteen seconds, or holds its
    /// [`changes`](Self::changes) where the log is in this process. By default somebody always does, and no run is
    /// abandoned.
    fn is_followed<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let _ = run;
        Box::pin(ready(Ok(true)))
    }

    /// How often a silent writer renews its lease: often enough for one call that fails.
    fn renew_every(&self) -> Duration {
        LEASE / 3
    }

    /// How long a writer waits for a log that is away, before its action is dropped.
    fn outage_timeout(&self) -> Duration {
        OUTAGE_TIMEOUT
    }

    /// Whether the runs outlive this process: then who follows one can go on elsewhere.
    fn is_shared(&self) -> bool;
}

/// A wish for a run.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The run that shall be bound to the key.
    pub run: RunId,
    /// What the request was, so that a key serves one request only.
    pub fingerprint: Digest,
}

/// The run that a key is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The run.
    pub run: RunId,
    /// It has been opened: whoever finds no such run any more must not open it again.
    pub opened: bool,
}

/// What a run starts with.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The path of the request that started it.
    pub action: String,
    /// The hash of the key that may read it, if one is needed.
    pub key: Option<Digest>,
    /// The hash of whoever started it, if the action asks for an owner.
    pub owner: Option<Digest>,
    /// The claim that it answers, if there is one.
    pub claim: Option<Digest>,
    /// How it is bounded and kept.
    pub keep: Keep,
}

/// How much is kept of a run, and for how long after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// How long its packets are kept after its end.
    pub packets: Duration,
    /// How long its end is kept.
    pub tombstone: Duration,
    /// The most bytes.
    pub bytes: usize,
    /// The most packets.
    pub count: u64,
    /// Whether the oldest packets go where there are more; otherwise the run fails.
    pub is_window: bool,
    /// The most runs that its owner may have open at once, if it has an owner.
    pub runs: u64,
}

impl Keep {
    /// Ten minutes for packets, a day for the end; 16 MiB and 100,000 packets; 100 runs of one owner.
    pub const DEFAULT: Self = Self {
        packets: Duration::from_secs(10 * 60),
        tombstone: Duration::from_secs(24 * 60 * 60),
        bytes: 16 * 1024 * 1024,
        count: 100_000,
        is_window: false,
        runs: 100,
    };
}

/// The right to write a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The run.
    pub run: RunId,
    /// What tells this writer from all others.
    pub token: String,
}

/// What a run is.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// What it started with.
    pub meta: Meta,
    /// Where it is.
    pub state: RunState,
    /// The number of its last record, the end included.
    pub tail: Seq,
    /// The number of the first record that is kept; one more than the tail where none is.
    pub first: Seq,
    /// The very first record, where a window has moved past it: the columns of a table follow from it.
    pub first_record: Option<Bytes>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Its writer goes on.
    Open,
    /// The action returned.
    Done,
    /// It failed.
    Failed,
    /// Somebody who may stopped it.
    Cancelled,
    /// Its writer has vanished.
    Lost,
}

impl RunState {
    /// As `Run-State` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }
}

/// A piece of a run.
#[derive(Clone, Debug)]
pub struct Page {
    /// The records from `after + 1` on.
    pub records: Records,
    /// Where the run is.
    pub state: RunState,
    /// The number of its last record, the end included.
    pub tail: Seq,
}

/// What a writer learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The action is to be dropped, and the run closed as cancelled.
    pub cancel_asked: bool,
}

/// The log can't be reached, or does not answer.
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
    /// Somebody else has created it.
    Exists,
    /// There is no room for another one.
    Full,
    /// Its owner has as many runs open as it may.
    TooMany,
    /// See [`Unavailable`].
    Unavailable(Unavailable),
}

/// Why nothing was appended.
#[derive(Clone, Debug)]
pub enum AppendError {
    /// The run is closed, or another one's.
    Closed,
    /// The log goes on with another number: it has lost its tail, or has these records already.
    Gap {
        /// The number that it wants next.
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
    /// Records after that one have been dropped already.
    Gone {
        /// The first that is kept.
        first: Seq,
    },
    /// See [`Unavailable`].
    Unavailable(Unavailable),
}
