//! The real writer and the real follower with every fault of a log that loses calls, replies and, at a failover, its
//! tail. The log is a model of the scripts in Redis; the scripts themselves are tested in [`redis`](crate::redis). The
//! request is sent within the process, because one that has no end, which some orders of faults allow, would fail the
//! test client.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use outflow::{
    Controller as _, action, controller,
    run::{
        Ack, AppendError, Claim, ClaimError, Claimed, Digest, Meta, OpenError, Page, ReadError, Records, RunId,
        RunInfo, RunLog, RunState, Runs, Seq, Unavailable, Writer,
    },
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::support::{ask, runs::numbers};

const PACKETS: u64 = 3;

/// A fault of one call of the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// It does not arrive.
    Lost,
    /// It arrives, and its reply does not.
    ReplyLost,
    /// It is acknowledged, and then a replica takes over that has not seen the last records.
    TailLost(usize),
    /// Before it arrives, a reaper finds the lease expired.
    Reaped,
    /// Before it arrives, the run is cancelled.
    Cancelled,
}

const FAULTS: [Fault; 7] = [
    Fault::None,
    Fault::Lost,
    Fault::ReplyLost,
    Fault::TailLost(1),
    Fault::TailLost(2),
    Fault::Reaped,
    Fault::Cancelled,
];

/// The end that a reaper writes.
const LOST: &str = r#"f{"problem":{"type":"urn:outflow:run/lost","status":503}}"#;

/// A model of the scripts in Redis, for one run, with faults in a given order.
#[derive(Clone, Default)]
struct FaultyLog(Arc<Mutex<Faulty>>);

#[derive(Default)]
struct Faulty {
    faults: std::vec::IntoIter<Fault>,
    run: Option<(RunId, Meta)>,
    records: Vec<Bytes>,
    state: Option<RunState>,
    cancel_asked: bool,
    /// All records that a reader may have seen at some time.
    seen: Vec<Bytes>,
    changes: watch::Sender<()>,
    /// Acknowledged records that a failover has lost.
    lost: bool,
}

impl Faulty {
    /// A call of the writer, with the next fault.
    fn call<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T, AppendError>) -> Result<T, AppendError> {
        let gone = || Err(AppendError::Unavailable(Unavailable("a fault".to_owned())));
        let fault = self.faults.next().unwrap_or(Fault::None);
        match fault {
            Fault::Lost => return gone(),
            Fault::Reaped if self.state == Some(RunState::Open) => {
                self.records.push(LOST.into());
                self.state = Some(RunState::Lost);
            }
            Fault::Cancelled => self.cancel_asked = true,
            _ => {}
        }
        let reply = call(self);
        self.look();
        self.changes.send_replace(());
        match fault {
            Fault::ReplyLost => gone(),
            Fault::TailLost(count) => {
                let kept = self.records.len().saturating_sub(count);
                self.lost |= kept < self.records.len();
                self.records.truncate(kept);
                if !self.records.last().is_some_and(is_end_of_run) {
                    self.state = Some(RunState::Open);
                }
                reply
            }
            _ => reply,
        }
    }

    /// Reads all records: those that were there before must not have changed.
    fn look(&mut self) {
        for (number, record) in self.records.iter().enumerate() {
            match self.seen.get(number) {
                // Where records are lost and the writer can't send them again, the end takes their place.
                Some(seen) if (is_end_of_run(seen) || is_end_of_run(record)) && self.lost => {}
                Some(seen) => assert_eq!(seen, record, "the record {} has changed", number + 1),
                None => self.seen.push(record.clone()),
            }
        }
        let ends: Vec<_> = self.records.iter().map(is_end_of_run).collect();
        assert!(!ends.iter().rev().skip(1).any(|is_end| *is_end), "something is behind the end: {:?}", self.records);
    }

    fn next(&self, first: Seq) -> Result<(), AppendError> {
        let next = self.records.len() as Seq + 1;
        match self.state {
            Some(RunState::Open) if first == next => Ok(()),
            Some(RunState::Open) => Err(AppendError::Gap { next }),
            _ => Err(AppendError::Closed),
        }
    }

    fn ack(&self) -> Ack {
        Ack { cancel_asked: self.cancel_asked }
    }
}

fn is_end_of_run(record: &Bytes) -> bool {
    matches!(record[0], b'd' | b'f')
}

impl FaultyLog {
    fn lock(&self) -> MutexGuard<'_, Faulty> {
        self.0.lock().unwrap()
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    std::future::ready(value).boxed()
}

impl RunLog for FaultyLog {
    fn claim<'a>(&'a self, _: Digest, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>> {
        ready(Ok(Claimed { run: claim.run, opened: false }))
    }

    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        let mut log = self.lock();
        log.run = Some((run.clone(), meta));
        log.state = Some(RunState::Open);
        ready(Ok(Writer { run: run.clone(), token: String::new() }))
    }

    fn append<'a>(&'a self, _: &'a Writer, first: Seq, records: Records) -> BoxFuture<'a, Result<Ack, AppendError>> {
        ready(self.lock().call(|log| {
            log.next(first)?;
            log.records.extend(records.iter().map(Bytes::copy_from_slice));
            Ok(log.ack())
        }))
    }

    fn close<'a>(
        &'a self,
        _: &'a Writer,
        at: Seq,
        state: RunState,
        record: Bytes,
    ) -> BoxFuture<'a, Result<(), AppendError>> {
        ready(self.lock().call(|log| {
            if log.state == Some(state) && log.records.last() == Some(&record) {
                return Ok(());
            }
            log.next(at)?;
            log.records.push(record);
            log.state = Some(state);
            Ok(())
        }))
    }

    fn renew<'a>(&'a self, _: &'a Writer) -> BoxFuture<'a, Result<Ack, AppendError>> {
        let log = self.lock();
        ready(if log.state == Some(RunState::Open) { Ok(log.ack()) } else { Err(AppendError::Closed) })
    }

    fn reap<'a>(&'a self, _: &'a RunId, _: Bytes) -> BoxFuture<'a, Result<bool, Unavailable>> {
        ready(Ok(false))
    }

    fn cancel<'a>(&'a self, _: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        ready(Ok(false))
    }

    fn meta<'a>(&'a self, _: &'a RunId) -> BoxFuture<'a, Result<Option<RunInfo>, Unavailable>> {
        let log = self.lock();
        ready(Ok(log.run.as_ref().zip(log.state).map(|((_, meta), state)| RunInfo {
            meta: meta.clone(),
            state,
            tail: log.records.len() as Seq,
            first: 1,
            first_record: None,
        })))
    }

    fn read<'a>(&'a self, _: &'a RunId, after: Seq, _: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        let log = self.lock();
        let records = log.records.iter().skip(usize::try_from(after).unwrap()).collect();
        let state = log.state.unwrap_or(RunState::Lost);
        ready(Ok(Page { records, state, tail: log.records.len() as Seq }))
    }

    fn changes<'a>(&'a self, _: &'a RunId) -> BoxStream<'static, ()> {
        let changes = self.lock().changes.subscribe();
        stream::unfold(changes, async |mut changes| changes.changed().await.ok().map(|()| ((), changes))).boxed()
    }

    fn is_shared(&self) -> bool {
        true
    }
}

struct Counts;

#[controller]
impl Counts {
    #[action(post, resumable)]
    async fn up(&self) -> u64 {
        for i in 1..=PACKETS {
            // Each in a call of its own, and the follower looks between them.
            sleep(Duration::from_millis(1)).await;
            self.stream(i);
        }
        PACKETS
    }
}

/// All faults of the first calls, in all orders.
#[test]
fn the_writer_keeps_its_word_with_every_fault() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let calls = 4;
    let mut ends = std::collections::BTreeMap::<&str, usize>::new();
    for number in 0..FAULTS.len().pow(calls) {
        let faults: Vec<_> = (0..calls).map(|call| FAULTS[number / FAULTS.len().pow(call) % FAULTS.len()]).collect();
        let log = FaultyLog::default();
        log.lock().faults = faults.clone().into_iter();
        let app = Counts.into_router().layer(Runs::new(log.clone()).layer());
        let reply = runtime.block_on(async {
            let reply = ask(&app, Method::POST, "/counts/up", &[]);
            timeout(Duration::from_secs(60), reply).await
        });
        let end_is_lost = log.lock().lost && log.lock().state == Some(RunState::Open);
        let Ok(reply) = reply else {
            // The writer had its answer and is gone, and then the end was lost: a lease would end this run.
            assert!(end_is_lost, "the follower waits for ever: {faults:?}");
            *ends.entry("left to the lease").or_default() += 1;
            continue;
        };
        if reply.status != StatusCode::OK {
            // It ended before its first packet.
            assert!(reply.body.contains("urn:outflow:run/"), "{faults:?}: {}", reply.body);
            *ends.entry("failed early").or_default() += 1;
            continue;
        }
        // The packets of the follower, up to the end.
        let seen = numbers(reply.body.split("event: ").next().unwrap());
        assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>(), "{faults:?}");
        let end = reply.body.split("event: ").nth(1).unwrap_or_else(|| panic!("no end: {faults:?}\n{}", reply.body));
        if end.starts_with("done") {
            assert_eq!(seen.len() as u64, PACKETS, "{faults:?}");
            *ends.entry("done").or_default() += 1;
        } else {
            *ends.entry("failed").or_default() += 1;
        }
    }
    assert!(ends["done"] > 100 && ends["failed"] > 100, "{ends:?}");
}
