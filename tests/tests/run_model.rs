//! The log of runs, checked in every order of events that there is.
//!
//! The first part drives the real log in memory through all interleavings of a writer whose calls and replies get lost
//! or come late, of two who reap, of one who cancels, and of leases that run out. Its writer is a model of the real one.
//!
//! The second part drives the real writer and the real follower through all faults of a log that fails over and loses
//! its tail. Its log is a model of the scripts in Redis.

use std::{
    hash::{Hash as StdHash, Hasher},
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
        Ack, AppendError, Claim, ClaimError, Claimed, Hash, Keep, Known, LEASE, MemoryLog, Meta, OpenError, Page,
        ReadError, RunId, RunLog, RunState, Runs, Seq, Unavailable, Writer,
    },
};
use stateright::{Checker as _, Model, Property};
use tokio::{
    sync::watch,
    time::{advance, sleep, timeout},
};

use crate::support::ask;

/// How many packets the run has.
const PACKETS: Seq = 3;

fn packet(number: Seq) -> Bytes {
    format!("j{number}").into()
}

/// An end that tells whose it is.
fn end(whose: &str) -> Bytes {
    format!("f{whose}").into()
}

fn is_end(record: &Bytes) -> bool {
    record[0] != b'j'
}

fn meta() -> Meta {
    Meta { action: "/a".to_owned(), key: None, owner: None, claim: None, keep: Keep::DEFAULT }
}

/// What a writer asks of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Call {
    Append { first: Seq, count: Seq },
    Renew,
    Close { at: Seq, state: End },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum End {
    Done,
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// A call of the writer arrives, and so does its reply.
    Answered(Call),
    /// The reply is lost, and the writer does not know what has happened.
    ReplyLost(Call),
    /// The call itself is on its way for longer than the writer waits.
    Delayed(Call),
    /// Such a call arrives after all. Nobody waits for its reply.
    Arrives,
    Reap(u8),
    Cancel,
    /// Nothing is heard of the writer for as long as a lease lasts.
    LeaseOut,
}

/// What has happened so far. Two states that look the same are the same, whatever led to them.
#[derive(Clone, Debug, Default)]
struct History(Vec<Step>);

impl PartialEq for History {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for History {}

impl StdHash for History {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    history: History,
    // What the writer believes.
    next: Seq,
    is_cancelled: bool,
    has_stopped: bool,
    delayed: Option<Call>,
    // What whoever reads the log sees, and what decides on its answers.
    records: Vec<Bytes>,
    run: &'static str,
    lease_is_out: bool,
    cancel_asked: bool,
    /// Something that had been read has changed.
    has_changed: bool,
}

impl State {
    /// What the writer may ask next.
    fn calls(&self) -> Vec<Call> {
        if self.has_stopped {
            return Vec::new();
        }
        let end = |state| Call::Close { at: self.next, state };
        match self.next {
            _ if self.is_cancelled => vec![end(End::Cancelled)],
            first if first <= PACKETS => {
                let appends = (1..=2.min(PACKETS + 1 - first)).map(|count| Call::Append { first, count });
                appends.chain([Call::Renew]).collect()
            }
            _ => vec![end(End::Done), Call::Renew],
        }
    }

    /// What the writer makes of a reply.
    fn learn(&mut self, call: Call, reply: Result<Ack, AppendError>) {
        match (call, reply) {
            (Call::Append { first, count }, Ok(ack)) => {
                self.next = first + count;
                self.is_cancelled |= ack.cancel_asked;
            }
            (Call::Renew, Ok(ack)) => self.is_cancelled |= ack.cancel_asked,
            (Call::Close { .. }, Ok(_)) | (_, Err(AppendError::Closed)) => self.has_stopped = true,
            (_, Err(AppendError::Gap { next })) => self.next = next,
            (_, Err(error)) => panic!("{error:?}"),
        }
    }
}

/// The real log, driven through a history.
struct Replay {
    log: MemoryLog,
    run: RunId,
    writer: Writer,
}

impl Replay {
    fn new() -> Self {
        let (log, run) = (MemoryLog::new(), RunId::random());
        let writer = log.open(&run, meta()).now_or_never().unwrap().unwrap();
        Self { log, run, writer }
    }

    fn call(&self, call: Call) -> Result<Ack, AppendError> {
        let (log, writer) = (&self.log, &self.writer);
        match call {
            Call::Append { first, count } => {
                let packets: Vec<_> = (first..first + count).map(packet).collect();
                log.append(writer, first, &packets).now_or_never()
            }
            Call::Renew => log.renew(writer).now_or_never(),
            Call::Close { at, state } => {
                let (state, record) = match state {
                    End::Done => (RunState::Done, end("done")),
                    End::Cancelled => (RunState::Cancelled, end("cancelled")),
                };
                let closed = log.close(writer, at, state, record).now_or_never();
                closed.map(|closed| closed.map(|()| Ack { cancel_asked: false }))
            }
        }
        .unwrap()
    }

    /// Does a step. `delayed` is the call that is on its way.
    async fn step(&self, step: Step, delayed: &mut Option<Call>) -> Option<Result<Ack, AppendError>> {
        match step {
            Step::Answered(call) | Step::ReplyLost(call) => return Some(self.call(call)),
            Step::Delayed(call) => *delayed = Some(call),
            Step::Arrives => return delayed.take().map(|call| self.call(call)),
            Step::Reap(who) => drop(self.log.reap(&self.run, end(&format!("lost{who}"))).await),
            Step::Cancel => drop(self.log.cancel(&self.run).await),
            Step::LeaseOut => advance(LEASE).await,
        }
        None
    }
}

struct Interleavings;

impl Model for Interleavings {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            history: History::default(),
            next: 1,
            is_cancelled: false,
            has_stopped: false,
            delayed: None,
            records: Vec::new(),
            run: RunState::Open.name(),
            lease_is_out: false,
            cancel_asked: false,
            has_changed: false,
        }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        for call in state.calls() {
            steps.extend([Step::Answered(call), Step::ReplyLost(call)]);
            if state.delayed.is_none() {
                steps.push(Step::Delayed(call));
            }
        }
        if state.delayed.is_some() {
            steps.push(Step::Arrives);
        }
        steps.extend([Step::Reap(1), Step::Reap(2)]);
        if !state.cancel_asked {
            steps.push(Step::Cancel);
        }
        if !state.lease_is_out {
            steps.push(Step::LeaseOut);
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let replay = Replay::new();
            let mut delayed = None;
            for step in &last.history.0 {
                replay.step(*step, &mut delayed).await;
            }
            let mut state = last.clone();
            let reply = replay.step(step, &mut delayed).await;
            state.history.0.push(step);
            state.delayed = delayed;
            // Only what its writer does renews a lease.
            state.lease_is_out = match step {
                Step::LeaseOut => true,
                _ => state.lease_is_out && !matches!(reply, Some(Ok(_))),
            };
            state.cancel_asked |= step == Step::Cancel;
            if let (Step::Answered(call), Some(reply)) = (step, reply) {
                state.learn(call, reply);
            }
            let page = replay.log.read(&replay.run, 0, usize::MAX).await.unwrap();
            assert_eq!(page.tail, page.records.len() as Seq);
            state.has_changed |=
                !page.records.starts_with(&last.records) || is_over(last) && page.records != last.records;
            state.has_changed |= is_over(last) && page.state.name() != last.run;
            state.records = page.records;
            state.run = page.state.name();
            Some(state)
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("what has been read never changes", |_, state: &State| !state.has_changed),
            Property::always("no hole, and no packet twice", |_, state: &State| {
                let packets = state.records.iter().filter(|record| !is_end(record));
                packets.zip(1..).all(|(record, number)| *record == packet(number))
            }),
            Property::always("one end, and nothing behind it", |_, state: &State| {
                let ends = state.records.iter().filter(|record| is_end(record)).count();
                ends == usize::from(is_over(state)) && (ends == 0 || state.records.last().is_some_and(is_end))
            }),
            Property::always("nothing is lost of a run that is done", |_, state: &State| {
                state.run != "done" || state.records.len() as Seq == PACKETS + 1
            }),
            Property::always("only a lease that is out makes a run lost", |_, state: &State| {
                state.run != "lost" || state.history.0.contains(&Step::LeaseOut)
            }),
            Property::always("a writer that has stopped has an end", |_, state: &State| {
                !state.has_stopped || is_over(state)
            }),
            Property::sometimes("done", |_, state: &State| state.run == "done"),
            Property::sometimes("cancelled", |_, state: &State| state.run == "cancelled"),
            Property::sometimes("lost by the one", |_, state: &State| state.records.contains(&end("lost1"))),
            Property::sometimes("lost by the other", |_, state: &State| state.records.contains(&end("lost2"))),
            Property::sometimes("saved by a late call", |_, state: &State| {
                state.run == "done" && state.history.0.contains(&Step::LeaseOut)
            }),
        ]
    }
}

fn is_over(state: &State) -> bool {
    state.run != RunState::Open.name()
}

#[test]
fn the_log_in_memory_keeps_its_word_in_every_order_of_events() {
    let checker = Interleavings.checker().threads(2).spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    assert!(checker.unique_state_count() > 500, "the model is too small: {}", checker.unique_state_count());
    checker.assert_properties();
}

/// What happens to a call of the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// It does not arrive.
    Lost,
    /// It arrives, and its reply does not.
    ReplyLost,
    /// It is acknowledged, and then a replica takes over that has not seen the last records.
    TailLost(usize),
    /// Before it arrives, somebody finds the lease out.
    Reaped,
    /// Before it arrives, somebody cancels.
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

/// The scripts in Redis, for one run, with faults in an order that is given.
#[derive(Clone, Default)]
struct FaultyLog(Arc<Mutex<Faulty>>);

#[derive(Default)]
struct Faulty {
    faults: std::vec::IntoIter<Fault>,
    run: Option<(RunId, Meta)>,
    records: Vec<Bytes>,
    state: Option<RunState>,
    cancel_asked: bool,
    /// Whatever somebody may have read at some time.
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

    /// Somebody reads all there is: it must be what was there before.
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
    fn claim<'a>(&'a self, _: Hash, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>> {
        ready(Ok(Claimed { run: claim.run, opened: false }))
    }

    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        let mut log = self.lock();
        log.run = Some((run.clone(), meta));
        log.state = Some(RunState::Open);
        ready(Ok(Writer { run: run.clone(), token: String::new() }))
    }

    fn append<'a>(
        &'a self,
        _: &'a Writer,
        first: Seq,
        records: &'a [Bytes],
    ) -> BoxFuture<'a, Result<Ack, AppendError>> {
        ready(self.lock().call(|log| {
            log.next(first)?;
            log.records.extend_from_slice(records);
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

    fn meta<'a>(&'a self, _: &'a RunId) -> BoxFuture<'a, Result<Option<Known>, Unavailable>> {
        let log = self.lock();
        ready(Ok(log.run.as_ref().zip(log.state).map(|((_, meta), state)| Known {
            meta: meta.clone(),
            state,
            tail: log.records.len() as Seq,
            first: 1,
            first_record: None,
        })))
    }

    fn read<'a>(&'a self, _: &'a RunId, after: Seq, _: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        let log = self.lock();
        let records = log.records.iter().skip(usize::try_from(after).unwrap()).cloned().collect();
        let state = log.state.unwrap_or(RunState::Lost);
        ready(Ok(Page { records, state, tail: log.records.len() as Seq }))
    }

    fn wakes<'a>(&'a self, _: &'a RunId) -> BoxStream<'static, ()> {
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
            assert!(end_is_lost, "somebody waits for ever: {faults:?}");
            *ends.entry("left to the lease").or_default() += 1;
            continue;
        };
        if reply.status != StatusCode::OK {
            // It ended before its first packet.
            assert!(reply.body.contains("urn:outflow:run/"), "{faults:?}: {}", reply.body);
            *ends.entry("failed early").or_default() += 1;
            continue;
        }
        // What the follower has, up to the end.
        let seen: Vec<u64> = reply.body.split("event: ").next().unwrap().lines().filter_map(data).collect();
        assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>(), "{faults:?}");
        let end = reply.body.split("event: ").nth(1).unwrap_or_else(|| panic!("no end: {faults:?}\n{}", reply.body));
        if end.starts_with("done") {
            assert_eq!(seen.len() as u64, PACKETS, "{faults:?}");
            *ends.entry("done").or_default() += 1;
        } else {
            *ends.entry("failed").or_default() += 1;
        }
    }
    println!("{ends:?}");
    assert!(ends["done"] > 100 && ends["failed"] > 100, "{ends:?}");
}

fn data(line: &str) -> Option<u64> {
    line.strip_prefix("data: ")?.parse().ok()
}
