//! The writer of a run: runs the action and puts its packets into the log.
//!
//! There is one call to the log at a time, and packets sent meanwhile go with the next. So a few packets are not
//! delayed, and many form batches.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, future::OptionFuture};
use tokio::task::yield_now;

use super::{
    records::{BYTES, PACKETS, RecordBatch},
    tail::{Stop, Tail},
};
use crate::{
    engine::{
        channel::{Batch as _, Channel, Taken},
        failure::Failure,
        outcome::Outcome,
        supervise::{ActionStep, Supervised},
    },
    head::held::HeldHead,
    records::piece::Records,
    run::{
        followers::abandoned,
        log::{RunLog, RunState, Writer, record},
        problem,
    },
};

/// The work of one writer.
pub(crate) struct Work {
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) writer: Writer,
    pub(crate) channel: Arc<Channel<RecordBatch>>,
    /// The head of the run.
    pub(crate) head: Option<HeldHead>,
    pub(crate) action: Supervised<RecordBatch>,
    /// The most bytes that the result may have.
    pub(crate) max_result: usize,
    /// The time without a follower after which the run is cancelled.
    pub(crate) abandon_after: Option<Duration>,
}

/// Runs the action to its end.
pub(crate) async fn write(work: Work) {
    let Work { log, writer, channel, head, mut action, max_result, abandon_after } = work;
    let mut tail = Tail::new(&*log, &writer);
    let abandoned = OptionFuture::from(abandon_after.map(|after| abandoned(&*log, &writer.run, after)));
    let stop = match append_all(&mut action, &channel, &mut tail, pin!(abandoned)).await {
        Ok(end) => return tail.end(end, head, max_result).await,
        Err(stop) => stop,
    };
    // A destructor that panics must not take the end of the run with it.
    let stopped = catch_unwind(AssertUnwindSafe(|| action.stop()));
    if let Some(span) = action.span() {
        if let Stop::Full = stop {
            span.failed();
        }
        if let Err(panic) = stopped {
            span.span().in_scope(|| Failure::panicked(panic).log());
        }
    }
    let (state, problem) = match stop {
        Stop::Cancelled => (RunState::Cancelled, problem::cancelled()),
        Stop::Abandoned => (RunState::Cancelled, problem::abandoned()),
        Stop::Full => (RunState::Failed, problem::full()),
        // A closed log takes no end either.
        Stop::Closed => return,
    };
    tail.close(state, record::failed(problem.into(), false)).await;
}

/// Appends the packets of the action. Returns its end once every record before it is in the log.
async fn append_all(
    action: &mut Supervised<RecordBatch>,
    channel: &Channel<RecordBatch>,
    tail: &mut Tail<'_>,
    mut abandoned: Pin<&mut OptionFuture<impl Future<Output = ()>>>,
) -> Result<Outcome, Stop> {
    let mut burst = Burst::default();
    // The end of the action, if it comes while the log is busy.
    let mut early = None;
    loop {
        let step = match early.take() {
            Some(end) => end,
            // In this order, because an action that always has a packet needs no timer to renew its lease.
            None => tokio::select! {
                biased;
                Some(()) = &mut abandoned => return Err(Stop::Abandoned),
                step = action.next() => step,
                renewed = tail.renew_in_time() => {
                    renewed?;
                    continue;
                }
            },
        };
        let Taken { packets: records, is_due } = match step {
            Some(ActionStep::Batch(taken)) => taken,
            Some(ActionStep::Ended(mut rest, end)) => {
                tail.append(rest.take()).await?;
                return Ok(end);
            }
            None => unreachable!("a run has no client that could leave"),
        };
        let is_over = burst.add(&records);
        // While the log is busy the action runs on, and its packets gather. An action that computes without awaiting
        // has to wait instead: it would never let the log go on.
        channel.hold(true);
        let mut appended = pin!(tail.append(records));
        loop {
            tokio::select! {
                biased;
                appended = &mut appended => break appended?,
                Some(()) = &mut abandoned, if early.is_none() => return Err(Stop::Abandoned),
                end = action.next(), if early.is_none() && !is_due => early = Some(end),
            }
        }
        channel.hold(false);
        if is_due || is_over {
            yield_now().await;
        }
    }
}

/// The turn of an action that waits only for its log; its followers have theirs after it. Each turn costs every
/// follower a system call.
#[derive(Default)]
struct Burst {
    packets: usize,
    bytes: usize,
}

impl Burst {
    /// Counts records. Returns whether the turn is over.
    fn add(&mut self, records: &Records) -> bool {
        self.packets += records.len();
        self.bytes += records.bytes();
        let is_over = self.packets >= 32 * PACKETS || self.bytes >= 4 * BYTES;
        if is_over {
            *self = Self::default();
        }
        is_over
    }
}
