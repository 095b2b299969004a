//! Logs of runs for tests: each test on both of ours, and one that can be bent.

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
    Ack, AppendError, Claim, ClaimError, Claimed, Digest, Meta, OpenError, Page, ReadError, Records, RunId, RunInfo,
    RunLog, RunState, Seq, Unavailable, Writer,
};
use tokio::{sync::RwLock, time::sleep};

/// Makes a test of each function, once for the log in memory and once for Redis.
macro_rules! on_each_log {
    ($($(#[$attribute:meta])* async fn $case:ident($log:ident: Log) $body:block)*) => {
        $($(#[$attribute])* async fn $case($log: $crate::support::logs::Log) $body)*

        mod memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(std::sync::Arc::new(outflow::run::MemoryLog::new())).await;
            })*
        }

        mod redis {
            $(#[tokio::test]
            async fn $case() {
                let redis = $crate::support::redis::server::Redis::start();
                super::$case(std::sync::Arc::new(redis.log().await)).await;
            })*
        }
    };
}
pub(crate) use on_each_log;

pub type Log = Arc<dyn RunLog>;

/// A log that does what the one in it does, but for what a test bends.
#[derive(Clone)]
pub struct BentLog {
    pub log: Log,
    /// It is not available.
    pub is_away: Arc<AtomicBool>,
    /// How long its answer to `open` takes, and to `append`, after they have been done.
    pub open_takes: Duration,
    pub append_takes: Duration,
    /// Which of its hints arrive.
    pub arrives: fn(usize) -> bool,
    /// It opens no run.
    pub is_full: Arc<AtomicBool>,
    /// How often something was appended, and somebody has read; and how many bytes they were given.
    pub appends: Arc<AtomicUsize>,
    pub reads: Arc<AtomicUsize>,
    pub read_bytes: Arc<AtomicUsize>,
    /// Reads wait for as long as somebody holds it for writing.
    pub gate: Arc<RwLock<()>>,
    /// The last run that was opened.
    pub opened: Arc<Mutex<Option<RunId>>>,
    /// Others reach it as well.
    pub is_shared: bool,
    /// Called before and after each call of a follower.
    pub step: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl BentLog {
    /// Nothing is bent yet.
    pub fn new(log: Log) -> Self {
        Self {
            is_shared: log.is_shared(),
            gate: Arc::default(),
            opened: Arc::default(),
            log,
            is_away: Arc::default(),
            open_takes: Duration::ZERO,
            append_takes: Duration::ZERO,
            arrives: |_| true,
            is_full: Arc::default(),
            appends: Arc::default(),
            reads: Arc::default(),
            read_bytes: Arc::default(),
            step: None,
        }
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
            self.log.claim(key, claim).await
        })
    }

    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        Box::pin(async move {
            self.there(OpenError::Unavailable)?;
            if self.is_full.load(Ordering::SeqCst) {
                return Err(OpenError::Full);
            }
            *self.opened.lock().unwrap() = Some(run.clone());
            let opened = self.log.open(run, meta).await;
            sleep(self.open_takes).await;
            opened
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
            let appended = self.log.append(writer, first, records).await;
            sleep(self.append_takes).await;
            appended
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
            let _is_open = self.gate.read().await;
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
