//! The log in memory, checked in every possible order of events: a writer whose calls and replies get lost or come late,
//! two reapers, a cancel, and leases that run out. The log is the real one, and the writer a model. The real writer is in [`faults`](super::faults).

use std::hash::{Hash, Hasher};

use bytes::Bytes;
use futures_util::FutureExt as _;
use outflow::run::{Ack, AppendError, LEASE, MemoryLog, RunId, RunLog, RunState, Seq, Writer};
use stateright::{Checker as _, Model, Property};
use tokio::time::advance;

use crate::support::runs::meta;

/// How many packets the run has.
const PACKETS: Seq = 3;

fn packet(number: Seq) -> Bytes {
    format!("j{number}").into()
}

/// An end with the name of its writer.
fn end(whose: &str) -> Bytes {
    format!("f{whose}").into()
}

fn is_end(record: &Bytes) -> bool {
    record[0] != b'j'
}

/// A call of the writer.
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
    /// A delayed call arrives after all. Nobody waits for its reply.
    Arrives,
    Reap(u8),
    Cancel,
    /// The writer is silent for the length of a lease.
    LeaseOut,
}

/// The steps so far. Two states that look the same are the same, whatever led to them.
#[derive(Clone, Debug, Default)]
struct History(Vec<Step>);

impl PartialEq for History {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for History {}

impl Hash for History {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    history: History,
    // The writer's view.
    next: Seq,
    is_cancelled: bool,
    has_stopped: bool,
    delayed: Option<Call>,
    // A reader's view, and everything else that the log's answers depend on.
    records: Vec<Bytes>,
    run: &'static str,
    lease_is_out: bool,
    cancel_asked: bool,
    /// Something that had been read has changed.
    has_changed: bool,
}

impl State {
    /// The calls that the writer may make next.
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

    /// Tells the writer a reply.
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
                let packets = (first..first + count).map(packet).collect();
                log.append(writer, first, packets).now_or_never()
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
            let records: Vec<_> = page.records.iter().map(Bytes::copy_from_slice).collect();
            state.has_changed |= !records.starts_with(&last.records) || is_over(last) && records != last.records;
            state.has_changed |= is_over(last) && page.state.name() != last.run;
            state.records = records;
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
    assert!(checker.unique_state_count() > 500, "the model is too small: {}", checker.unique_state_count());
    checker.assert_properties();
}
