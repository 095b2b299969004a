//! Runs in Redis: the scripts, what they keep, and one subscription for all followers of the process.

mod meta;
mod script;
mod wakes;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};
use redis::{Client, RedisError, Script, ScriptInvocation, Value, aio::ConnectionManager, from_redis_value};

use self::{script::Scripts, wakes::Wakes};
use super::{
    id::{Hash, RunId, random_name},
    log::{
        Ack, AppendError, Claim, ClaimError, Claimed, Keep, Known, LEASE, Meta, OpenError, Page, ReadError, RunLog,
        RunState, Seq, Unavailable, Writer,
    },
};

/// How long a claim lives whose run is never opened.
const CLAIM: Duration = Duration::from_secs(60);

/// The most records that are read at once.
const PAGE: usize = 256;

#[doc = include_str!("../../docs/redis.md")]
#[derive(Clone)]
pub struct RedisLog {
    connection: ConnectionManager,
    scripts: Arc<Scripts>,
    wakes: Wakes,
    lease: Duration,
}

impl RedisLog {
    /// Connects to a server such as `redis://127.0.0.1:6379`. The connection is made again whenever it breaks.
    ///
    /// # Errors
    /// If the URL is none, or nothing answers there.
    pub async fn connect(url: &str) -> Result<Self, Unavailable> {
        let client = Client::open(url).map_err(|error| unavailable(&error))?;
        let addr = client.get_connection_info().addr().to_string();
        let unreachable = |error: RedisError| Unavailable(format!("nothing answers at {addr}: {}", reason(&error)));
        let connection = client.get_connection_manager().await.map_err(unreachable)?;
        Ok(Self { connection, scripts: Arc::default(), wakes: Wakes::new(client), lease: LEASE })
    }

    /// How long a writer may be silent before its run is lost. 15 seconds by default; the same on all nodes.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    async fn call(&self, call: &ScriptInvocation<'_>) -> Result<Answer, Unavailable> {
        let mut connection = self.connection.clone();
        let values: Vec<Value> = call.invoke_async(&mut connection).await.map_err(|error| unavailable(&error))?;
        Ok(Answer(values.into_iter()))
    }

    /// A script with the keys of a run. Both are in one slot of a cluster.
    fn on<'a>(&self, script: &'a Script, run: &RunId) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        call.key(format!("outflow:{{{run}}}:m")).key(format!("outflow:{{{run}}}:l")).key(wakes::channel(run));
        call
    }

    fn lease_millis(&self) -> u64 {
        millis(self.lease)
    }

    /// How long an open run that nobody writes any more can still be read.
    fn orphan_millis(&self, keep: Keep) -> u64 {
        millis(keep.packets + 4 * self.lease)
    }
}

/// What a script answers: a word, and what belongs to it.
struct Answer(std::vec::IntoIter<Value>);

impl Answer {
    fn next<T: redis::FromRedisValue>(&mut self) -> Result<T, Unavailable> {
        let value = self.0.next().unwrap_or(Value::Nil);
        from_redis_value(value).map_err(|error| Unavailable(format!("Redis answered something else: {error}")))
    }

    fn ack(&mut self) -> Result<Ack, AppendError> {
        let word: String = self.next().map_err(AppendError::Unavailable)?;
        let number: Seq = self.next().map_err(AppendError::Unavailable)?;
        match &*word {
            "ok" => Ok(Ack { cancel_asked: number == 1 }),
            "gap" => Err(AppendError::Gap { next: number }),
            "full" => Err(AppendError::Full),
            _ => Err(AppendError::Closed),
        }
    }
}

fn unavailable(error: &RedisError) -> Unavailable {
    Unavailable(reason(error))
}

/// A server's own words may repeat a password: one that knows no `AUTH` names its arguments.
fn reason(error: &RedisError) -> String {
    if error.is_io_error() { error.to_string() } else { error.category().to_owned() }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl RunLog for RedisLog {
    fn claim<'a>(&'a self, key: Hash, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>> {
        Box::pin(async move {
            let mut call = self.scripts.claim.prepare_invoke();
            call.key(claim_key(key)).arg(claim.run.as_str()).arg(claim.fingerprint.to_text()).arg(millis(CLAIM));
            let mut answer = self.call(&call).await.map_err(ClaimError::Unavailable)?;
            let word: String = answer.next().map_err(ClaimError::Unavailable)?;
            if word != "ok" {
                return Err(ClaimError::Mismatch);
            }
            let run: String = answer.next().map_err(ClaimError::Unavailable)?;
            let opened: bool = answer.next().map_err(ClaimError::Unavailable)?;
            let run =
                RunId::parse(&run).ok_or_else(|| ClaimError::Unavailable(Unavailable("a claim is broken".into())))?;
            Ok(Claimed { run, opened })
        })
    }

    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        Box::pin(async move {
            let token = random_name();
            let mut call = self.on(&self.scripts.open, run);
            call.arg(&token).arg(meta::write(&meta)).arg(self.lease_millis()).arg(self.orphan_millis(meta.keep));
            let mut answer = self.call(&call).await.map_err(OpenError::Unavailable)?;
            let word: String = answer.next().map_err(OpenError::Unavailable)?;
            if word != "ok" {
                return Err(OpenError::Exists);
            }
            if let Some(claim) = meta.claim {
                // In another slot, so it is a call of its own; whoever comes in between finds the run itself.
                let mut mark = self.scripts.opened.prepare_invoke();
                mark.key(claim_key(claim)).arg(millis(meta.keep.tombstone + meta.keep.packets));
                self.call(&mark).await.map_err(OpenError::Unavailable)?;
            }
            Ok(Writer { run: run.clone(), token })
        })
    }

    fn append<'a>(
        &'a self,
        writer: &'a Writer,
        first: Seq,
        records: &'a [Bytes],
    ) -> BoxFuture<'a, Result<Ack, AppendError>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.append, &writer.run);
            call.arg(&writer.token).arg(first).arg(self.lease_millis());
            for record in records {
                call.arg(&record[..]);
            }
            self.call(&call).await.map_err(AppendError::Unavailable)?.ack()
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
            self.call(&call).await.map_err(AppendError::Unavailable)?.ack().map(|_| ())
        })
    }

    fn renew<'a>(&'a self, writer: &'a Writer) -> BoxFuture<'a, Result<Ack, AppendError>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.renew, &writer.run);
            call.arg(&writer.token).arg(self.lease_millis());
            self.call(&call).await.map_err(AppendError::Unavailable)?.ack()
        })
    }

    fn reap<'a>(&'a self, run: &'a RunId, record: Bytes) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.reap, run);
            call.arg(&record[..]);
            self.call(&call).await?.next()
        })
    }

    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move { self.call(&self.on(&self.scripts.cancel, run)).await?.next() })
    }

    fn meta<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<Known>, Unavailable>> {
        Box::pin(async move {
            let mut answer = self.call(&self.on(&self.scripts.meta, run)).await?;
            let state: Option<String> = answer.next()?;
            let Some(state) = state else { return Ok(None) };
            let (tail, first): (Seq, Seq) = (answer.next()?, answer.next()?);
            let text: String = answer.next()?;
            let meta = meta::read(&text).ok_or_else(|| Unavailable("what is known of a run is broken".into()))?;
            Ok(Some(Known { meta, state: meta::state(&state), tail, first }))
        })
    }

    fn read<'a>(&'a self, run: &'a RunId, after: Seq, most: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        Box::pin(async move {
            let mut call = self.on(&self.scripts.read, run);
            call.arg(after).arg(PAGE).arg(most);
            let mut answer = self.call(&call).await.map_err(ReadError::Unavailable)?;
            let state: Option<String> = answer.next().map_err(ReadError::Unavailable)?;
            let Some(state) = state else { return Err(ReadError::Unknown) };
            let tail: Seq = answer.next().map_err(ReadError::Unavailable)?;
            let first: Seq = answer.next().map_err(ReadError::Unavailable)?;
            if after + 1 < first {
                return Err(ReadError::Gone { first });
            }
            let records: Vec<Vec<u8>> = answer.next().map_err(ReadError::Unavailable)?;
            let records = records.into_iter().map(Bytes::from).collect();
            Ok(Page { records, state: meta::state(&state), tail })
        })
    }

    fn wakes<'a>(&'a self, run: &'a RunId) -> BoxStream<'static, ()> {
        self.wakes.of(run)
    }

    fn renew_every(&self) -> Duration {
        self.lease / 3
    }

    fn is_shared(&self) -> bool {
        true
    }
}

fn claim_key(key: Hash) -> String {
    format!("outflow:claim:{}", key.to_text())
}

impl fmt::Debug for RedisLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLog").field("lease", &self.lease).finish_non_exhaustive()
    }
}
