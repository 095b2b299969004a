//! The end of a run's log, where its writer appends, and what to do when the log is away or has lost something.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use crate::{
    backoff::Backoff,
    engine::outcome::Outcome,
    head::held::HeldHead,
    records::{blocks::Blocks, piece::Records},
    run::{
        log::{AppendError, RunLog, RunState, Seq, Writer, record},
        problem,
    },
};

/// The most records, and bytes, to keep in case the log loses its tail.
const KEPT: usize = 1024;
const KEPT_BYTES: usize = 1024 * 1024;

/// The longest wait before the next attempt to reach a log that is away.
const LONGEST_DELAY: Duration = Duration::from_secs(2);

/// The reason why a writer stops before its action has ended.
pub(super) enum Stop {
    /// A client cancelled the run.
    Cancelled,
    /// Nobody follows the run.
    Abandoned,
    /// The run has reached its bounds.
    Full,
    /// The log takes no more records from this writer.
    Closed,
}

/// The way to go on after an error of the log.
enum Retry {
    /// Make the same call again.
    Again,
    /// Append from this number on: the log has more records than the writer knew, or fewer.
    From(Seq),
}

/// The run as its writer appends to it.
pub(super) struct Tail<'a> {
    log: &'a dyn RunLog,
    writer: &'a Writer,
    /// The last records, in case the log loses them.
    kept: Blocks,
}

impl<'a> Tail<'a> {
    pub(super) fn new(log: &'a dyn RunLog, writer: &'a Writer) -> Self {
        Self { log, writer, kept: Blocks::new() }
    }

    /// The number of the next record.
    fn next(&self) -> Seq {
        self.kept.tail() + 1
    }

    /// Appends records. If this is dropped halfway, the next call finds out how far the log got.
    pub(super) async fn append(&mut self, records: Records) -> Result<(), Stop> {
        let first = self.next();
        self.kept.push(records);
        self.append_from(first).await
    }

    /// Appends what is kept from this number on.
    async fn append_from(&mut self, mut first: Seq) -> Result<(), Stop> {
        let mut outage = None;
        while first < self.next() {
            let records = self.kept.from(first, usize::MAX);
            match self.log.append(self.writer, first, records).await {
                Ok(ack) if ack.cancel_asked => return Err(Stop::Cancelled),
                Ok(_) => break,
                Err(AppendError::Full) => {
                    // Records without room are dropped, and the end takes their number.
                    drop(self.kept.split_off(first));
                    return Err(Stop::Full);
                }
                Err(error) => match self.mend(error, outage.get_or_insert_with(|| Outage::new(self.log))).await? {
                    Retry::Again => {}
                    Retry::From(next) => first = next,
                },
            }
        }
        if !self.log.is_shared() {
            // A log in this process does not fail over.
            self.kept.clear();
        }
        while self.kept.len() > KEPT || self.kept.bytes() > KEPT_BYTES {
            self.kept.pop();
        }
        Ok(())
    }

    /// Renews the writer's lease when it is time.
    pub(super) async fn renew_in_time(&mut self) -> Result<(), Stop> {
        sleep(self.log.renew_every()).await;
        let mut outage = Outage::new(self.log);
        loop {
            match self.log.renew(self.writer).await {
                Ok(ack) if ack.cancel_asked => return Err(Stop::Cancelled),
                Ok(_) => return Ok(()),
                Err(error) => {
                    self.mend(error, &mut outage).await?;
                }
            }
        }
    }

    /// Appends the end. A result that is larger than `max_result` fails the run. The head is kept with it if no packet was
    /// sent.
    pub(super) async fn end(&mut self, end: Outcome, head: Option<HeldHead>, max_result: usize) {
        let is_early = self.next() == 1;
        let (state, record) = match end {
            Ok(Some(result)) if result.len() > max_result => {
                (RunState::Failed, record::failed(problem::full().into(), is_early))
            }
            Ok(result) => (RunState::Done, record::done(result, head.filter(|_| is_early).map(|head| head.leave()))),
            Err(failure) if failure.is_shutdown() => {
                (RunState::Lost, record::failed(problem::shutting_down().into(), false))
            }
            Err(failure) => (RunState::Failed, record::failed(failure.into_parts().await, is_early)),
        };
        self.close(state, record).await;
    }

    /// Appends the last record and closes the run.
    pub(super) async fn close(&mut self, state: RunState, record: Bytes) {
        let mut outage = Outage::new(self.log);
        loop {
            let Err(error) = self.log.close(self.writer, self.next(), state, record.clone()).await else { return };
            match self.mend(error, &mut outage).await {
                Ok(Retry::From(next)) => {
                    if let Err(Stop::Closed) = self.append_from(next).await {
                        return;
                    }
                }
                Ok(Retry::Again) => {}
                Err(_) => return,
            }
        }
    }

    async fn mend(&self, error: AppendError, outage: &mut Outage) -> Result<Retry, Stop> {
        match error {
            AppendError::Closed => Err(Stop::Closed),
            AppendError::Full => Err(Stop::Full),
            // The log has these records already, or asks again for some that are still kept.
            AppendError::Gap { next } if (self.kept.first()..=self.next()).contains(&next) => Ok(Retry::From(next)),
            AppendError::Gap { .. } => Err(Stop::Closed),
            AppendError::Unavailable(why) => {
                if outage.wait().await {
                    return Ok(Retry::Again);
                }
                tracing::error!(run = %self.writer.run, %why, "giving a run up: its log is away");
                Err(Stop::Closed)
            }
        }
    }
}

/// The time that a log is away, limited to the longest time that its writer waits.
struct Outage {
    until: Instant,
    backoff: Backoff,
}

impl Outage {
    fn new(log: &dyn RunLog) -> Self {
        // Once the log is back, its writer must be back before its lease expires.
        let longest = LONGEST_DELAY.min(log.renew_every() / 2);
        Self { until: Instant::now() + log.outage_timeout(), backoff: Backoff::up_to(longest) }
    }

    /// Waits before the next attempt. Says whether there should be one.
    async fn wait(&mut self) -> bool {
        if Instant::now() >= self.until {
            return false;
        }
        sleep(self.backoff.next_delay()).await;
        true
    }
}
