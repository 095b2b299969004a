//! The writer of a run: lets the action go, and puts what it sends into the log.
//!
//! One call to the log is on its way at a time; what the action sends meanwhile goes with the next. So nothing is
//! delayed where little is sent, and batches form where much is.

use std::{
    collections::VecDeque,
    convert::identity,
    future::{pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::{StreamExt as _, future::OptionFuture};
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use super::{
    log::{AppendError, RunLog, RunState, Seq, Writer},
    problem, record,
};
use crate::{
    account::Account,
    drain::SHUTTING_DOWN,
    failure::Failure,
    frame::Age,
    generator::{Step, drive},
    outcome::Outcome,
    outlet::{Batch, Channel},
    packet::{Content, Unwritable},
    supervise::Limits,
};

/// The most that goes with one call, but for what was sent last. As much may wait meanwhile; then the action does.
const PACKETS: usize = 64;
const BYTES: usize = 32 * 1024;

/// How much is kept for a log that lost its tail: so many records, and so many bytes.
const KEPT: usize = 1024;
const KEPT_BYTES: usize = 1024 * 1024;

/// How often a run that may be abandoned looks for its followers.
const LOOK: Duration = Duration::from_secs(1);

/// The shortest and the longest wait before the next attempt to reach a log that is away.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// The batch of a run: records for the log.
#[derive(Default)]
pub(crate) struct Records {
    records: Vec<Bytes>,
    bytes: usize,
    age: Age,
}

impl Batch for Records {
    /// The records, and whether they have waited for long already while the action computes on.
    type Taken = (Vec<Bytes>, bool);

    fn put(&mut self, content: &Content<'_>) -> Result<(), Unwritable> {
        let record = record::packet(content)?;
        self.bytes += record.len();
        self.records.push(record);
        self.age.packet();
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.records.len() >= PACKETS || self.bytes >= BYTES
    }

    fn is_due(&self) -> bool {
        self.age.is_due
    }

    fn take(&mut self) -> Option<(Vec<Bytes>, bool)> {
        self.bytes = 0;
        let is_due = self.age.take();
        (!self.records.is_empty()).then(|| (std::mem::take(&mut self.records), is_due))
    }
}

/// What a writer needs.
pub(crate) struct Work {
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) writer: Writer,
    pub(crate) channel: Arc<Channel<Records>>,
    pub(crate) body: BoxFuture<'static, Outcome>,
    pub(crate) limits: Limits,
    /// How long nobody may follow the run.
    pub(crate) abandon_after: Option<Duration>,
    pub(crate) account: Account,
}

/// Runs the action to its end.
pub(crate) async fn write(work: Work) {
    let Work { log, writer, channel, body, mut limits, abandon_after, mut account } = work;
    let span = account.span().clone();
    let mut steps: BoxStream<'static, _> = Box::pin(drive(channel.clone(), body, Outcome::is_err));
    let mut pen = Pen::new(Tape { log: &*log, writer: &writer, next: 1, kept: VecDeque::new(), kept_bytes: 0 });
    // What the action sends while the pen is busy.
    let mut waiting = Waiting::default();
    let mut end = None;
    let mut abandoned = pin!(OptionFuture::from(abandon_after.map(|after| abandoned(&*log, &writer, after))));
    let stop = loop {
        if pen.is_idle() {
            if !waiting.records.is_empty() {
                pen.append(waiting.take());
            } else if let Some(end) = end.take() {
                let Some(mut tape) = pen.lay_down() else { return };
                return tape.end(end).await;
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
                    waiting.add(records);
                    if is_due {
                        // The action computes on for as long as it is polled, so the log comes first.
                        if let Err(stop) = pen.append_all(&mut waiting).await {
                            break stop;
                        }
                    }
                    // An action that waits for nothing else never lets its followers on.
                    yield_now().await;
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
            told = pen.written() => if let Err(stop) = told {
                break stop;
            },
        }
    };
    // The action is dropped where it waits. A destructor that panics must not take the end of the run with it.
    account.packets = channel.packets();
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(steps))) {
        span.in_scope(|| Failure::panicked(panic).log());
    }
    let Some(mut tape) = pen.finish().await else { return };
    match stop {
        Stop::Cancelled => tape.close(RunState::Cancelled, record::ended(RunState::Cancelled)).await,
        Stop::Abandoned => tape.close(RunState::Cancelled, record::abandoned()).await,
        Stop::Full => {
            account.failed();
            tape.close(RunState::Failed, record::failed(problem::full().into(), false)).await;
        }
        // Whatever it sent now nobody could read.
        Stop::Closed => {}
    }
}

/// What waits while the log is busy.
#[derive(Default)]
struct Waiting {
    records: Vec<Bytes>,
    bytes: usize,
}

impl Waiting {
    fn add(&mut self, records: Vec<Bytes>) {
        self.bytes += records.iter().map(Bytes::len).sum::<usize>();
        self.records.extend(records);
    }

    fn is_full(&self) -> bool {
        self.records.len() >= PACKETS || self.bytes >= BYTES
    }

    fn take(&mut self) -> Vec<Bytes> {
        std::mem::take(self).records
    }
}

/// What appends, one call at a time. An idle one renews the lease.
struct Pen<'a> {
    tape: Option<Tape<'a>>,
    call: BoxFuture<'a, (Tape<'a>, Result<(), Stop>)>,
}

impl<'a> Pen<'a> {
    fn new(tape: Tape<'a>) -> Self {
        Self { tape: Some(tape), call: Box::pin(pending()) }
    }

    fn is_idle(&self) -> bool {
        self.tape.is_some()
    }

    fn append(&mut self, records: Vec<Bytes>) {
        if let Some(mut tape) = self.tape.take() {
            self.call = Box::pin(async move {
                let told = tape.append(records).await;
                (tape, told)
            });
        }
    }

    /// Finishes the call, and appends what waits.
    async fn append_all(&mut self, waiting: &mut Waiting) -> Result<(), Stop> {
        if !self.is_idle() {
            self.written().await?;
        }
        self.append(waiting.take());
        self.written().await
    }

    /// Waits for the call, or makes one that renews the lease when it is time.
    async fn written(&mut self) -> Result<(), Stop> {
        if let Some(tape) = &mut self.tape {
            sleep(tape.log.renew_every()).await;
            return tape.renew().await;
        }
        let (tape, told) = (&mut self.call).await;
        self.tape = Some(tape);
        told
    }

    /// After the call that is on its way.
    async fn finish(mut self) -> Option<Tape<'a>> {
        if !self.is_idle() {
            // What has no room, or is closed, is so for the end too.
            let _ = self.written().await;
        }
        self.lay_down()
    }

    fn lay_down(self) -> Option<Tape<'a>> {
        self.tape
    }
}

/// Why a writer stops.
enum Stop {
    Cancelled,
    /// Nobody follows the run.
    Abandoned,
    Full,
    Closed,
}

/// The run as its writer appends to it.
struct Tape<'a> {
    log: &'a dyn RunLog,
    writer: &'a Writer,
    /// The number of the next record.
    next: Seq,
    /// The last records, for a log that has lost them.
    kept: VecDeque<Bytes>,
    kept_bytes: usize,
}

impl Tape<'_> {
    async fn append(&mut self, records: Vec<Bytes>) -> Result<(), Stop> {
        let mut first = self.next;
        self.next += records.len() as Seq;
        self.kept_bytes += records.iter().map(Bytes::len).sum::<usize>();
        self.kept.extend(records);
        let mut patience = Patience::with(self.log);
        while first < self.next {
            let rest: Vec<Bytes> = self.kept.range(self.index(first)..).cloned().collect();
            match self.log.append(self.writer, first, &rest).await {
                Ok(ack) if ack.cancel_asked => return Err(Stop::Cancelled),
                Ok(_) => first = self.next,
                Err(AppendError::Full) => {
                    // What has no room was never there: the end takes its place.
                    drop(self.take_from(first));
                    return Err(Stop::Full);
                }
                Err(error) => first = self.mend(error, &mut patience).await?.unwrap_or(first),
            }
        }
        while self.kept.len() > KEPT || self.kept_bytes > KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.kept_bytes -= oldest.len();
        }
        Ok(())
    }

    /// Where the record of this number is among those that are kept.
    fn index(&self, number: Seq) -> usize {
        self.kept.len() - usize::try_from(self.next - number).unwrap_or(self.kept.len())
    }

    /// Takes back what was appended from this number on.
    fn take_from(&mut self, number: Seq) -> VecDeque<Bytes> {
        let taken = self.kept.split_off(self.index(number));
        self.kept_bytes -= taken.iter().map(Bytes::len).sum::<usize>();
        self.next = number;
        taken
    }

    async fn renew(&mut self) -> Result<(), Stop> {
        let mut patience = Patience::with(self.log);
        loop {
            match self.log.renew(self.writer).await {
                Ok(ack) if ack.cancel_asked => return Err(Stop::Cancelled),
                Ok(_) => return Ok(()),
                Err(error) => drop(self.mend(error, &mut patience).await?),
            }
        }
    }

    /// Appends the end.
    async fn end(&mut self, end: Outcome) {
        let is_early = self.next == 1;
        let (state, record) = match end {
            Ok(result) => (RunState::Done, record::done(result)),
            Err(failure) if failure.is_shutdown() => {
                (RunState::Lost, record::failed(problem::lost(SHUTTING_DOWN).into(), false))
            }
            Err(failure) => (RunState::Failed, record::failed(failure.into_told().await, is_early)),
        };
        self.close(state, record).await;
    }

    async fn close(&mut self, state: RunState, record: Bytes) {
        let mut patience = Patience::with(self.log);
        loop {
            match self.log.close(self.writer, self.next, state, record.clone()).await {
                Ok(()) => return,
                Err(error) => match self.mend(error, &mut patience).await {
                    Ok(Some(next)) if next < self.next => {
                        let lost = self.take_from(next);
                        if let Err(Stop::Closed) = Box::pin(self.append(lost.into())).await {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return,
                },
            }
        }
    }

    /// What to do after an error: go on with another number, try again, or stop.
    async fn mend(&self, error: AppendError, patience: &mut Patience) -> Result<Option<Seq>, Stop> {
        match error {
            AppendError::Closed => Err(Stop::Closed),
            AppendError::Full => Err(Stop::Full),
            AppendError::Gap { next } => {
                let oldest = self.next - self.kept.len() as Seq;
                // It has them already, or still wants some that are kept.
                if (oldest..=self.next).contains(&next) { Ok(Some(next)) } else { Err(Stop::Closed) }
            }
            AppendError::Unavailable(why) => {
                if patience.wait().await {
                    return Ok(None);
                }
                tracing::error!(run = %self.writer.run, %why, "a run is given up");
                Err(Stop::Closed)
            }
        }
    }
}

/// Ready when nobody has followed the run for so long.
async fn abandoned(log: &dyn RunLog, writer: &Writer, after: Duration) {
    let mut since = Instant::now();
    while since.elapsed() < after {
        sleep(LOOK.min(after / 4)).await;
        // Where the log does not know, somebody may follow.
        if !matches!(log.is_followed(&writer.run).await, Ok(false)) {
            since = Instant::now();
        }
    }
}

/// Waits for a log that is away, a little longer each time.
struct Patience {
    until: Instant,
    delay: Duration,
    longest: Duration,
}

impl Patience {
    fn with(log: &dyn RunLog) -> Self {
        // Once the log is back a writer must be, too, before it is missed.
        let longest = LONGEST.min(log.renew_every() / 2).max(SHORTEST);
        Self { until: Instant::now() + log.patience(), delay: SHORTEST, longest }
    }

    /// Whether to try again.
    async fn wait(&mut self) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        sleep(self.delay).await;
        self.delay = (self.delay * 2).min(self.longest);
        true
    }
}
