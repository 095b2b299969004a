//! The runs that are open: of an owner, who may have a few, and of a name, which may have one; on all nodes together.
//!
//! Each run is in a slot of its own, so no script can tell which of them are open. Every run that starts is noted in a
//! set, and stays there when it ends. When the set is full, the next start finds out which of them are still open.

use std::time::Duration;

use futures_util::future::join_all;
use redis::{Script, ToRedisArgs};

use super::RedisLog;
use crate::{
    redis::millis,
    run::{
        log::{
            RunLog as _, RunState, Unavailable,
            id::{Digest, RunId},
            record,
        },
        problem,
    },
};

/// How long a run that was noted but does not exist yet may still be opened.
const OPENING: Duration = Duration::from_secs(60);

/// The time that the set outlives the last start.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) struct OpenRunScripts {
    note: Script,
    noted: Script,
    forget: Script,
}

impl Default for OpenRunScripts {
    fn default() -> Self {
        Self {
            note: Script::new(
                "
                local time = redis.call('TIME')
                local now = time[1] * 1000 + math.floor(time[2] / 1000)
                local is_noted = redis.call('ZSCORE', KEYS[1], ARGV[1])
                if not is_noted and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
                    return {0, now, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}
                end
                redis.call('ZADD', KEYS[1], now, ARGV[1])
                redis.call('PEXPIRE', KEYS[1], ARGV[3])
                return {1}",
            ),
            noted: Script::new("return {redis.call('ZRANGE', KEYS[1], 0, -1)}"),
            forget: Script::new("redis.call('ZREM', KEYS[1], unpack(ARGV)) return {}"),
        }
    }
}

/// The set of the runs of an owner.
pub(super) fn owned(owner: Digest) -> String {
    format!("outflow:owner:{}", owner.to_text())
}

/// The set of the runs of a name.
pub(super) fn named(name: Digest) -> String {
    format!("outflow:name:{}", name.to_text())
}

impl RedisLog {
    /// Notes in a set that a run starts. Returns whether it may: at most `max` runs of the set may be open.
    pub(super) async fn note(&self, set: &str, run: &RunId, max: u64) -> Result<bool, Unavailable> {
        for _ in 0..2 {
            let mut note = self.open_runs.note.prepare_invoke();
            note.key(set).arg(run.as_str()).arg(max).arg(millis(KEPT));
            let mut answer = self.call(&note).await?;
            if answer.next()? {
                return Ok(true);
            }
            let (now, noted): (u64, Vec<(String, u64)>) = (answer.next()?, answer.next()?);
            let ended = join_all(noted.into_iter().map(async |(run, since)| {
                let is_open = self.is_open(&run, Duration::from_millis(now.saturating_sub(since))).await;
                is_open.map(|is_open| (!is_open).then_some(run))
            }));
            let ended: Vec<String> = ended.await.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
            if ended.is_empty() {
                return Ok(false);
            }
            self.forget(set, &ended).await?;
        }
        Ok(false)
    }

    /// Takes runs out of a set.
    pub(super) async fn forget(&self, set: &str, runs: &[impl ToRedisArgs]) -> Result<(), Unavailable> {
        for some in runs.chunks(1_000) {
            let mut forget = self.open_runs.forget.prepare_invoke();
            forget.key(set).arg(some);
            self.call(&forget).await?;
        }
        Ok(())
    }

    /// The first run of a set that is open.
    pub(super) async fn open_run(&self, set: &str) -> Result<Option<RunId>, Unavailable> {
        let mut noted = self.open_runs.noted.prepare_invoke();
        let runs: Vec<String> = self.call(noted.key(set)).await?.next()?;
        for run in runs {
            // A run that does not exist yet has no packets to follow.
            if self.is_open(&run, OPENING).await? {
                return Ok(RunId::parse(&run));
            }
        }
        Ok(None)
    }

    /// Whether a run is open, or may still be opened at this age.
    async fn is_open(&self, run: &str, age: Duration) -> Result<bool, Unavailable> {
        let Some(run) = RunId::parse(run) else { return Ok(false) };
        let Some(known) = self.meta(&run).await? else { return Ok(age < OPENING) };
        // A run whose writer has vanished may have no follower that would notice.
        Ok(known.state == RunState::Open && !self.reap(&run, record::failed(problem::orphaned().into(), false)).await?)
    }
}
