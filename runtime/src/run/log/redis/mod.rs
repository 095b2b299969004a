//! Runs in Redis.
//!
//! - `script`, `open_runs`: the scripts; `meta`, `answer`: what goes in and comes back
//! - `changes`: the notifications of a run

mod answer;
mod changes;
mod meta;
mod open_runs;
mod script;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};
use redis::{Script, ScriptInvocation};

use self::{
    open_runs::{OpenRunScripts, named, owned},
    script::Scripts,
};
use super::{
    Ack, AppendError, CLAIM_LIFETIME, Claim, ClaimError, Claimed, LEASE, Meta, OUTAGE_TIMEOUT, OpenError, Page,
    ReadError, RunInfo, RunLog, RunState, Seq, Unavailable, Writer,
    id::{Digest, RunId, random_name},
};
use crate::{
    options::Keep,
    records::piece::Records,
    redis::{Redis, answer::ScriptAnswer, millis},
};

/// The time that a run counts as followed after an announcement.
const FOLLOWED: Duration = Duration::from_secs(15);

#[doc = include_str!("../../../docs/redis.md")]
#[derive(Clone)]
pub struct RedisLog {
    redis: Redis,
    scripts: Arc<Scripts>,
    open_runs: Arc<OpenRunScripts>,
    lease: Duration,
    outage_timeout: Duration,
}

impl RedisLog {
    /// Keeps runs in this Redis, over the connection that hubs use too.
    pub fn new(redis: &Redis) -> Self {
        let (scripts, open_runs) = Default::default();
        Self { redis: redis.clone(), scripts, open_runs, lease: LEASE, outage_timeout: OUTAGE_TIMEOUT }
    }

    /// Connects to a server such as `redis://127.0.0.1:6379`. The connection is made again whenever it breaks.
    ///
    /// # Errors
    /// If the URL can't be read, or nothing answers there. The error names the address, never the password.
    pub async fn connect(url: &str) -> Result<Self, Unavailable> {
        Ok(Self::new(&Redis::connect(url).await?))
    }

    /// How long a writer may be silent before its run is lost. 15 seconds by default. A run keeps the lease that it was
    /// opened with, whichever node looks at it.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long an action goes on while Redis is away and its packets can't be kept. 30 seconds by default.
    #[must_use]
    pub fn outage_timeout(mut self, outage_timeout: Duration) -> Self {
        self.outage_timeout = outage_timeout;
        self
    }

    async fn call(&self, call: &ScriptInvocation<'_>) -> Result<ScriptAnswer, Unavailable> {
        Ok(self.redis.call(call).await?)
    }

    /// A script with the keys of a run, all of which are in one slot of a cluster.
    fn on<'a>(&self, script: &'a Script, run: &RunId) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        call.key(format!("outflow:{{{run}}}:m")).key(format!("outflow:{{{run}}}:l")).key(changes::channel(run));
        call.key(format!("outflow:{{{run}}}:f"));
        call
    }

    /// Runs a script of a writer, and reads its acknowledgement.
    async fn write(&self, call: &ScriptInvocation<'_>, writer: &Writer) -> Result<Ack, AppendError> {
        let mut answer = self.call(call).await.map_err(AppendError::Unavailable)?;
        let ack = answer::ack(&mut answer)?;
        if let (Ok(claim), Ok(ttl @ 1..)) = (answer.next::<String>(), answer.next::<u64>()) {
            // The next call makes up for one that fails.
            let _ = self.mark_opened(&claim, &writer.run, ttl).await;
        }
        Ok(ack)
    }

    /// Marks a claim as opened, for this long. Claims are in slots of their own.
    async fn mark_opened(&self, claim: &str, run: &RunId, ttl: u64) -> Result<(), Unavailable> {
        let mut call = self.scripts.opened.prepare_invoke();
        call.key(claim_key(claim)).arg(run.as_str()).arg(ttl);
        self.call(&call).await.map(drop)
    }
}

impl RunLog for RedisLog {
    fn claim<'a>(&'a self, key: Digest, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>> {
        Box::pin(async move {
            let mut call = self.scripts.claim.prepare_invoke();
            call.key(claim_key(&key.to_text()))
                .arg(claim.run.as_str())
                .arg(claim.fingerprint.to_text())
                .arg(millis(CLAIM_LIFETIME));
            let mut answer = self.call(&call).await.map_err(ClaimError::Unavailable)?;
            let word: String = answer.next()?;
            if word != "ok" {
                return Err(ClaimError::Mismatch);
            }
            let run: String = answer.next()?;
            let opened: bool = answer.next()?;
            let run = RunId::parse(&run)
                .ok_or_else(|| ClaimError::Unavailable(Unavailable("a claim can't be read".into())))?;
            Ok(Claimed { run, opened })
        })
    }

    fn unclaim<'a>(&'a self, key: Digest, run: &'a RunId) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let mut call = self.scripts.unclaim.prepare_invoke();
            call.key(claim_key(&key.to_text())).arg(run.as_str());
            self.call(&call).await.map(drop)
        })
    }

    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        Box::pin(async move {
            let name = meta.name.map(named);
            if let Some(name) = &name {
                if !self.note(name, run, 1).await.map_err(OpenError::Unavailable)? {
                    return Err(OpenError::NameTaken);
                }
            }
            if let Some(owner) = meta.owner {
                if !self.note(&owned(owner), run, meta.keep.runs).await.map_err(OpenError::Unavailable)? {
                    if let Some(name) = &name {
                        // Otherwise the name would seem taken for a minute.
                        self.forget(name, &[run.as_str()]).await.map_err(OpenError::Unavailable)?;
                    }
                    return Err(OpenError::TooMany);
                }
            }
            let token = random_name();
            let claim = meta.claim.map(Digest::to_text).unwrap_or_default();
            let Keep { packets, tombstone, bytes, count, is_window, runs: _ } = meta.keep;
            let mut call = self.on(&self.scripts.open, run);
            call.arg(&token).arg(meta::write(&meta)).arg(&claim).arg(millis(self.lease));
            call.arg(millis(packets)).arg(millis(tombstone)).arg(bytes).arg(count).arg(u8::from(is_window));
            let mut answer = match self.call(&call).await {
                // The first call may have opened the run, for this same writer.
                Err(_) => self.call(&call).await,
                answer => answer,
            }
            .map_err(OpenError::Unavailable)?;
            let word: String = answer.next()?;
            if word != "ok" {
                return Err(OpenError::Exists);
            }
            if !claim.is_empty() {
                // The writer does so again with its first record or its end, long before the claim would vanish.
                let _ = self.mark_opened(&claim, run, millis(packets + tombstone)).await;
            }
            Ok(Writer { run: run.clone(), token })
        })
    }

    fn named<'a>(&'a self, name: Digest) -> BoxFuture<'a, Result<Option<RunId>, Unavailable>> {
        Box::pin(async move { self.open_run(&named(name)).await })
    }

    fn append<'a>(
        &'a self,
        writer: &'a Writer,
        first: Seq,
        records: Records,
    ) -> BoxFuture<'a, Result<Ack, AppendError>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.append, &writer.run);
            call.arg(&writer.token).arg(first);
            for record in &records {
                call.arg(record);
            }
            self.write(&call, writer).await
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
            let mut call = self.on(&self.scripts.close, &writer.run);
            call.arg(&writer.token).arg(at).arg(state.name()).arg(&record[..]);
            self.write(&call, writer).await.map(drop)
        })
    }

    fn renew<'a>(&'a self, writer: &'a Writer) -> BoxFuture<'a, Result<Ack, AppendError>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.renew, &writer.run);
            call.arg(&writer.token);
            self.write(&call, writer).await
        })
    }

    fn reap<'a>(&'a self, run: &'a RunId, record: Bytes) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.reap, run);
            call.arg(&record[..]);
            Ok(self.call(&call).await?.next()?)
        })
    }

    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move { Ok(self.call(&self.on(&self.scripts.cancel, run)).await?.next()?) })
    }

    fn meta<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<RunInfo>, Unavailable>> {
        Box::pin(async move {
            let mut answer = self.call(&self.on(&self.scripts.meta, run)).await?;
            let state: Option<String> = answer.next()?;
            let Some(state) = state else { return Ok(None) };
            let (tail, first): (Seq, Seq) = (answer.next()?, answer.next()?);
            let text: String = answer.next()?;
            let meta = meta::read(&text).ok_or_else(|| Unavailable("the properties of a run can't be read".into()))?;
            let first_record = answer.next::<Option<Vec<u8>>>()?.map(Bytes::from);
            Ok(Some(RunInfo { meta, state: meta::state(&state), tail, first, first_record }))
        })
    }

    fn read<'a>(&'a self, run: &'a RunId, after: Seq, max_bytes: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.read, run);
            call.arg(after).arg(max_bytes);
            let mut answer = self.call(&call).await.map_err(ReadError::Unavailable)?;
            let state: Option<String> = answer.next()?;
            let Some(state) = state else { return Err(ReadError::Unknown) };
            let tail: Seq = answer.next()?;
            let first: Seq = answer.next()?;
            if after + 1 < first {
                return Err(ReadError::Gone { first });
            }
            let records: Vec<Vec<u8>> = answer.next()?;
            let records = records.into_iter().collect();
            Ok(Page { records, state: meta::state(&state), tail })
        })
    }

    fn changes<'a>(&'a self, run: &'a RunId) -> BoxStream<'static, ()> {
        changes::of(self.redis.subscription(), run)
    }

    fn follow<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move { self.call(self.on(&self.scripts.follow, run).arg(millis(FOLLOWED))).await.map(drop) })
    }

    fn is_followed<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move { Ok(self.call(&self.on(&self.scripts.is_followed, run)).await?.next()?) })
    }

    fn renew_every(&self) -> Duration {
        self.lease / 3
    }

    fn outage_timeout(&self) -> Duration {
        self.outage_timeout
    }

    fn is_shared(&self) -> bool {
        true
    }
}

fn claim_key(key: &str) -> String {
    format!("outflow:claim:{key}")
}

impl fmt::Debug for RedisLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLog")
            .field("lease", &self.lease)
            .field("outage_timeout", &self.outage_timeout)
            .field("redis", &self.redis)
            .finish_non_exhaustive()
    }
}
