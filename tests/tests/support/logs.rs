//! Logs of runs for tests: a macro that tries a test on each log, and a log that can be bent.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::StreamExt as _;
use outflow::run::{
    Ack, AppendError, Claim, ClaimError, Claimed, Digest, MemoryLog, Meta, OpenError, Page, ReadError, Records, RunId,
    RunInfo, RunLog, RunState, Seq, Unavailable, Writer,
};
use tokio::sync::RwLock;

/// Makes two tests of each function, one with the log in memory and one with Redis. A whole test has a limit.
macro_rules! on_each_log {
    ($(lease $lease:expr;)? $($(#[$attribute:meta])* async fn $case:ident($log:ident: Log) $body:block)*) => {
        $($(#[$attribute])* async fn $case($log: $crate::support::logs::Log) $body)*

        fn in_memory() -> outflow::run::MemoryLog {
            outflow::run::MemoryLog::new()$(.lease($lease))?
        }

        async fn in_redis(redis: &$crate::support::redis::server::Redis) -> outflow::run::RedisLog {
            redis.log().await$(.lease($lease))?
        }

        mod memory {
            $(#[tokio::test]
            async fn $case() {
                let log = std::sync::Arc::new(super::in_memory());
                $crate::support::within(5 * $crate::support::LIMIT, "the end of the test", super::$case(log)).await;
            })*
        }

        mod redis {
            $(#[tokio::test]
            async fn $case() {
                let redis = $crate::support::redis::server::Redis::start();
                let log = std::sync::Arc::new(super::in_redis(&redis).await);
                $crate::support::within(5 * $crate::support::LIMIT, "the end of the test", super::$case(log)).await;
            })*
        }
    };
}
pub(crate) use on_each_log;

pub type Log = Arc<dyn RunLog>;

/// A log that passes every call on to another one, except for what a test bends.
#[derive(Clone)]
pub struct BentLog {
    pub log: Log,
    /// Makes every call fail as unavailable.
    pub is_away: Arc<AtomicBool>,
    /// Which of its hints arrive, by their number.
    pub arrives: fn(usize) -> bool,
    /// Makes it refuse to open a run.
    pub is_full: Arc<AtomicBool>,
    /// The number of appends, of reads, and of the bytes that were read.
    pub appends: Arc<AtomicUsize>,
    pub reads: Arc<AtomicUsize>,
    pub read_bytes: Arc<AtomicUsize>,
    /// Holds up reads while it is locked for writing.
    pub reading: Arc<RwLock<()>>,
    /// Holds up the answer to `open`, after the run has been opened, while it is locked for writing.
    pub opening: Arc<RwLock<()>>,
    /// Holds up `close` while it is locked for writing.
    pub closing: Arc<RwLock<()>>,
    /// The last claim, with its key.
    pub claimed: Arc<Mutex<Option<(Digest, Claim)>>>,
    /// The last run that was opened.
    pub opened: Arc<Mutex<Option<RunId>>>,
    /// Whether it says that other processes reach it too.
    pub is_shared: bool,
    /// Called before and after each call of a follower.
    pub step: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl BentLog {
    /// Passes everything on.
    pub fn new(log: Log) -> Self {
        Self {
            is_shared: log.is_shared(),
            reading: Arc::default(),
            opening: Arc::default(),
            closing: Arc::default(),
            claimed: Arc::default(),
            opened: Arc::default(),
            log,
            is_away: Arc::default(),
            arrives: |_| true,
            is_full: Arc::default(),
            appends: Arc::default(),
            reads: Arc::default(),
            read_bytes: Arc::default(),
            step: None,
        }
    }

    /// The same for the log in memory.
    pub fn in_memory() -> Self {
        Self::new(Arc::new(MemoryLog::new()))
    }

    /// A log in memory that says that other processes reach it too.
    pub fn shared() -> Self {
        Self { is_shared: true, ..Self::in_memory() }
    }

    fn step(&self) {
        if let Some(step) = &self.step {
            step();
        }
    }

    fn there<E>(&self, error: fn(Unavailable) -> E) -> Result<(), E> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Err(error(Unavailable("it is away".to_owned()))),
            false => Ok(()),
        }
    }
}

impl RunLog for BentLog {
    fn claim<'a>(&'a self, key: Digest, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>> {
        Box::pin(async move {
            self.there(ClaimError::Unavailable)?;
            *self.claimed.lock().unwrap() = Some((key, claim.clone()));
            self.log.claim(key, claim).await
        })
    }

    fn unclaim<'a>(&'a self, key: Digest, run: &'a RunId) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            self.there(|why| why)?;
            self.log.unclaim(key, run).await
        })
    }

    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        Box::pin(async move {
            self.there(OpenError::Unavailable)?;
            if self.is_full.load(Ordering::SeqCst) {
                return Err(OpenError::Full);
            }
            let opened = self.log.open(run, meta).await;
            *self.opened.lock().unwrap() = Some(run.clone());
            let _is_let_through = self.opening.read().await;
            opened
        })
    }

    fn named<'a>(&'a self, name: Digest) -> BoxFuture<'a, Result<Option<RunId>, Unavailable>> {
        Box::pin(async move {
            self.there(|why| why)?;
            self.log.named(name).await
        })
    }

    fn append<'a>(
        &'a self,
        writer: &'a Writer,
        first: Seq,
        records: Records,
    ) -> BoxFuture<'a, Result<Ack, AppendError>> {
        Box::pin(async move {
            self.there(AppendError::Unavailable)?;
            self.appends.fetch_add(1, Ordering::SeqCst);
            self.log.append(writer, first, records).await
        })
    }

    fn close<'a>(
        &'a self,
        writer: &'a Writer,
        at: Seq,
        state: RunState,
        record: Bytes,
    ) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            self.there(AppendError::Unavailable)?;
            let _is_let_through = self.closing.read().await;
            self.log.close(writer, at, state, record).await
        })
    }

    fn renew<'a>(&'a self, writer: &'a Writer) -> BoxFuture<'a, Result<Ack, AppendError>> {
        Box::pin(async move {
            self.there(AppendError::Unavailable)?;
            self.log.renew(writer).await
        })
    }

    fn reap<'a>(&'a self, run: &'a RunId, record: Bytes) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            self.there(|why| why)?;
            self.log.reap(run, record).await
        })
    }

    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            self.there(|why| why)?;
            self.log.cancel(run).await
        })
    }

    fn meta<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<RunInfo>, Unavailable>> {
        Box::pin(async move {
            self.there(|why| why)?;
            self.log.meta(run).await
        })
    }

    fn read<'a>(&'a self, run: &'a RunId, after: Seq, most: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        Box::pin(async move {
            self.there(ReadError::Unavailable)?;
            self.reads.fetch_add(1, Ordering::SeqCst);
            let _is_let_through = self.reading.read().await;
            self.step();
            let page = self.log.read(run, after, most).await;
            self.step();
            let bytes = page.as_ref().map_or(0, |page| page.records.bytes());
            self.read_bytes.fetch_add(bytes, Ordering::SeqCst);
            page
        })
    }

    fn changes<'a>(&'a self, run: &'a RunId) -> BoxStream<'static, ()> {
        let arrives = self.arrives;
        self.step();
        let hints = self.log.changes(run).enumerate();
        self.step();
        hints.filter_map(move |(number, ())| std::future::ready(arrives(number).then_some(()))).boxed()
    }

    fn renew_every(&self) -> Duration {
        self.log.renew_every()
    }

    fn is_shared(&self) -> bool {
        self.is_shared
    }
}
