//! The writer of a run: lets the action go, and puts what it sends into the log.
//!
//! One call to the log is on its way at a time; what the action sends meanwhile goes with the next. So nothing is
//! delayed where little is sent, and batches form where much is.

use std::{
    convert::identity,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::{StreamExt as _, future::OptionFuture};
use tokio::task::yield_now;

use super::{
    appender::{Appender, Stop},
    followers::abandoned,
    log::{RunLog, RunState, Writer},
    problem, record,
    records::{Gathered, Records},
    tail::Tail,
};
use crate::{
    account::Account,
    channel::{Batch, Channel},
    content::{Content, Unwritable},
    failure::Failure,
    frame::Age,
    generator::{Step, drive},
    outcome::Outcome,
    supervise::Limits,
};

/// The most that goes with one call, but for what was sent last. As much may wait meanwhile; then the action does.
const PACKETS: usize = 64;
const BYTES: usize = 32 * 1024;

/// A buffer that has become larger leaves as it is.
const LARGE: usize = 2 * BYTES;

/// What an action that waits for nothing may send before its followers have their turn: so many packets, or so many
/// bytes. Each turn is a call of the system for each of them.
const IN_A_ROW: usize = 64 * PACKETS;
const BYTES_IN_A_ROW: usize = 4 * BYTES;

/// The batch of a run: records for the log.
#[derive(Default)]
pub(crate) struct Unlogged {
    records: Gathered,
    age: Age,
}

impl Batch for Unlogged {
    /// The records, and whether they have waited for long already while the action computes on.
    type Taken = (Records, bool);

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        self.records.put(|out| record::packet(content, out))?;
        self.age.packet();
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.records.len() >= PACKETS || self.records.bytes() >= BYTES
    }

    fn is_due(&self) -> bool {
        self.age.is_due
    }

    fn take(&mut self) -> Option<(Records, bool)> {
        let is_due = self.age.take();
        (self.records.len() > 0).then(|| (self.records.take(LARGE), is_due))
    }
}

/// What a writer needs.
pub(crate) struct Work {
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) writer: Writer,
    pub(crate) channel: Arc<Channel<Unlogged>>,
    pub(crate) body: BoxFuture<'static, Outcome>,
    pub(crate) limits: Limits,
    /// The most bytes that its result may have.
    pub(crate) most: usize,
    /// How long nobody may follow the run.
    pub(crate) abandon_after: Option<Duration>,
    pub(crate) account: Account,
}

/// Runs the action to its end.
pub(crate) async fn write(work: Work) {
    let Work { log, writer, channel, body, mut limits, most, abandon_after, mut account } = work;
    let span = account.span().clone();
    let mut steps: BoxStream<'static, _> = Box::pin(drive(channel.clone(), body, Outcome::is_err));
    let mut appender = Appender::new(Tail::new(&*log, &writer));
    // What the action sends while the appender is busy.
    let mut waiting = Waiting::default();
    let mut end = None;
    let (mut in_a_row, mut bytes_in_a_row) = (0, 0);
    let mut abandoned = pin!(OptionFuture::from(abandon_after.map(|after| abandoned(&*log, &writer.run, after))));
    let stop = loop {
        if appender.is_idle() {
            if let Some(records) = waiting.take() {
                appender.append(records);
            } else if let Some(end) = end.take() {
                let Some(mut tail) = appender.into_tail() else { return };
                return tail.end(end, most).await;
            }
        }
        let step = poll_fn(|cx| {
            if let Poll::Ready(limit) = limits.poll(cx) {
                channel.stop(Failure::limit(limit));
            }
            let _entered = span.enter();
            steps.poll_next_unpin(cx)
        });
        tokio::select! {
            step = step, if !waiting.is_full() && end.is_none() => match step {
                Some(Step::Batch((records, is_due))) => {
                    account.packet();
                    in_a_row += records.len();
                    bytes_in_a_row += records.bytes();
                    waiting.add(records);
                    if is_due {
                        // The action computes on for as long as it is polled, so the log comes first.
                        if let Err(stop) = appender.append_all(waiting.take().unwrap_or_default()).await {
                            break stop;
                        }
                    }
                    // An action that waits for nothing else never lets its followers on.
                    if is_due || in_a_row >= IN_A_ROW || bytes_in_a_row >= BYTES_IN_A_ROW {
                        (in_a_row, bytes_in_a_row) = (0, 0);
                        yield_now().await;
                    }
                }
                Some(Step::Ended(mut batch, ended)) => {
                    waiting.add(batch.take().map(|(records, _)| records).unwrap_or_default());
                    let ended = ended.and_then(identity);
                    account.end(&ended);
                    account.packets = channel.packets();
                    if let Err(failure) = &ended {
                        span.in_scope(|| failure.log());
                    }
                    end = Some(ended);
                }
                None => return,
            },
            Some(()) = &mut abandoned, if end.is_none() => break Stop::Abandoned,
            told = appender.written() => if let Err(stop) = told {
                break stop;
            },
        }
    };
    // The action is dropped where it waits. A destructor that panics must not take the end of the run with it.
    account.packets = channel.packets();
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(steps))) {
        span.in_scope(|| Failure::panicked(panic).log());
    }
    let Some(mut tail) = appender.finish().await else { return };
    match stop {
        Stop::Cancelled => tail.close(RunState::Cancelled, record::ended(RunState::Cancelled)).await,
        Stop::Abandoned => tail.close(RunState::Cancelled, record::abandoned()).await,
        Stop::Full => {
            account.failed();
            tail.close(RunState::Failed, record::failed(problem::full().into(), false)).await;
        }
        // Whatever it sent now nobody could read.
        Stop::Closed => {}
    }
}

/// What waits while the log is busy.
#[derive(Default)]
struct Waiting {
    records: Vec<Records>,
    count: usize,
    bytes: usize,
}

impl Waiting {
    fn add(&mut self, records: Records) {
        self.count += records.len();
        self.bytes += records.bytes();
        self.records.push(records);
    }

    fn is_full(&self) -> bool {
        self.count >= PACKETS || self.bytes >= BYTES
    }

    fn take(&mut self) -> Option<Records> {
        let Self { records, count, .. } = std::mem::take(self);
        (count > 0).then(|| Records::join(records))
    }
}
