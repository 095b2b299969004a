//! The records of a run from any number on, and then those that are still to come.

use std::{sync::Arc, time::Duration};

use async_stream::stream;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{FutureExt as _, StreamExt as _, future::OptionFuture};
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    format::problem::Problem,
    records::piece::Records,
    retry,
    run::{
        followers::Following,
        log::{
            ReadError, RunLog, RunState, Seq,
            id::RunId,
            record::{self, End, Record},
        },
        problem,
    },
    server::{drain::Drain, phase::Phase},
};

/// The bytes read at once.
const PAGE: usize = 16 * 1024;

/// How often a reader looks without a notification. A lost one, or a writer that has vanished, costs no more than this.
const TICK: Duration = Duration::from_secs(1);

/// One item of a reader. The last item holds the record of the end, or is anything but records.
pub(crate) enum Read {
    /// The very first record of the run, for a format that needs it.
    First(Bytes),
    /// The next records. The first time there may be none yet.
    Records(Records),
    /// This server stops: the client goes on at another one.
    ComeBack,
    /// The response has reached its `max_age`: the client goes on with another one.
    Aged,
    /// Nothing more can be read.
    Failed(Problem),
    /// The log is away. The client comes back with what it has.
    Unavailable,
}

/// A reader of one run.
pub(crate) struct Reader {
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) run: RunId,
    pub(crate) following: Following,
    /// The last record that the client has.
    pub(crate) last: Seq,
    pub(crate) wants_first: bool,
    pub(crate) drain: Option<Drain>,
    pub(crate) max_age: Option<Duration>,
}

impl Reader {
    pub(crate) fn into_stream(mut self) -> impl Stream<Item = Read> + Send {
        stream! {
            let mut changes = self.log.changes(&self.run);
            // If other servers reach the log too, followers move there when this server drains.
            let moves = self.drain.take().filter(|_| self.log.is_shared());
            let mut moves = OptionFuture::from(moves.map(|drain| Box::pin(drain.reached(Phase::Draining))));
            let age = self.max_age.map(|age| Box::pin(sleep(retry::spread(age))));
            let mut age = OptionFuture::from(age);
            let mut revoked = Box::pin(self.following.revoked());
            if self.wants_first && self.last > 0 {
                if let Some(first) = self.first().await {
                    yield Read::First(first);
                }
            }
            let mut is_new = true;
            let mut tick = Instant::now() + TICK;
            let mut unreapable_since = None;
            loop {
                // Checked here too, because there may still be much to read.
                if let Some(Some(())) = (&mut moves).now_or_never() {
                    yield Read::ComeBack;
                    return;
                }
                if (&mut revoked).now_or_never().is_some() {
                    yield Read::Failed(problem::revoked());
                    return;
                }
                if let Some(Some(())) = (&mut age).now_or_never() {
                    yield Read::Aged;
                    return;
                }
                match self.following.read(&self.log, self.last, PAGE).await {
                    Ok(page) if !page.records.is_empty() => {
                        self.last += page.records.len() as Seq;
                        is_new = false;
                        yield Read::Records(page.records);
                        tick = Instant::now() + TICK;
                        continue;
                    }
                    Ok(page) if page.state == RunState::Open => {}
                    // The run has ended at a number that the client has already: the log has lost its tail.
                    Ok(_) | Err(ReadError::Unknown) => {
                        yield Read::Failed(problem::lost("the log has lost the run"));
                        return;
                    }
                    Err(ReadError::Gone { first }) => {
                        yield Read::Failed(gone(&*self.log, &self.run, first).await);
                        return;
                    }
                    Err(ReadError::Unavailable(_)) => {
                        yield Read::Unavailable;
                        return;
                    }
                }
                if std::mem::take(&mut is_new) {
                    yield Read::Records(Records::default());
                }
                tokio::select! {
                    _ = changes.next() => {}
                    // Notifications without new records must not put the tick off forever.
                    () = sleep_until(tick) => {
                        tick = Instant::now() + TICK;
                        // A log that can be read may still refuse writes: its writer gives up after this time too, and
                        // then nobody can write the end.
                        unreapable_since = match self.following.reap(&self.log).await {
                            Ok(()) => None,
                            Err(_) => unreapable_since.or(Some(Instant::now())),
                        };
                        if unreapable_since.is_some_and(|since| since.elapsed() >= self.log.outage_timeout()) {
                            yield Read::Unavailable;
                            return;
                        }
                    }
                    () = &mut revoked => {
                        yield Read::Failed(problem::revoked());
                        return;
                    }
                    Some(()) = &mut moves => {
                        yield Read::ComeBack;
                        return;
                    }
                    Some(()) = &mut age => {
                        yield Read::Aged;
                        return;
                    }
                }
            }
        }
    }

    /// The first record of the run.
    async fn first(&self) -> Option<Bytes> {
        match self.log.read(&self.run, 0, 1).await {
            Ok(page) => page.records.iter().next().map(Bytes::copy_from_slice),
            Err(_) => self.log.meta(&self.run).await.ok().flatten().and_then(|info| info.first_record),
        }
    }
}

/// The problem of packets that have been dropped, with what is left: the number of the first packet, and the end of the
/// run.
pub(super) async fn gone(log: &dyn RunLog, run: &RunId, first: Seq) -> Problem {
    let problem = problem::gone().with("first", first);
    let end = match log.meta(run).await {
        Ok(Some(info)) if info.state != RunState::Open => log.read(run, info.tail - 1, 1).await,
        _ => return problem,
    };
    let json = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap_or_default();
    let end = end.map(|page| page.records).unwrap_or_default();
    match end.iter().next().map(record::read) {
        Some(Record::End(End::Done(result))) => problem.with("result", result.map(|result| json(&result))),
        Some(Record::End(End::Failed(failed, _))) => problem.with("error", json(failed.to_json().as_bytes())),
        Some(Record::Packet(_) | Record::Gap(_)) | None => problem,
    }
}
