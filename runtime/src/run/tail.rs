//! The end of a run's log, where its writer appends: what to do where the log is away, or has lost something.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::{
    appender::Stop,
    blocks::Blocks,
    log::{AppendError, RunLog, RunState, Seq, Writer},
    problem, record,
    records::Records,
};
use crate::{drain::SHUTTING_DOWN, outcome::Outcome};

/// How much is kept for a log that lost its tail: so many records, and so many bytes.
const KEPT: usize = 1024;
const KEPT_BYTES: usize = 1024 * 1024;

/// The shortest and the longest wait before the next attempt to reach a log that is away.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// The run as its writer appends to it.
pub(super) struct Tail<'a> {
    pub(super) log: &'a dyn RunLog,
    writer: &'a Writer,
    /// The last records, for a log that has lost them.
    kept: Blocks,
}

impl<'a> Tail<'a> {
    pub(super) fn new(log: &'a dyn RunLog, writer: &'a Writer) -> Self {
        Self { log, writer, kept: Blocks::new() }
    }

    pub(super) async fn append(&mut self, records: Records) -> Result<(), Stop> {
        let mut first = self.next();
        self.kept.push(records);
        let mut patience = Patience::with(self.log);
        while first < self.next() {
            let records = self.kept.from(first, usize::MAX);
            match self.log.append(self.writer, first, records).await {
                Ok(ack) if ack.cancel_asked => return Err(Stop::Cancelled),
                Ok(_) => first = self.next(),
                Err(AppendError::Full) => {
                    // What has no room was never there: the end takes its place.
                    drop(self.kept.split_off(first));
                    return Err(Stop::Full);
                }
                Err(error) => first = self.mend(error, &mut patience).await?.unwrap_or(first),
            }
        }
        if !self.log.is_shared() {
            // What is in this process fails over to nowhere.
            self.kept.clear();
        }
        while self.kept.len() > KEPT || self.kept.bytes() > KEPT_BYTES {
            self.kept.pop();
        }
        Ok(())
    }

    /// The number of the next record.
    fn next(&self) -> Seq {
        self.kept.tail() + 1
    }

    pub(super) async fn renew(&mut self) -> Result<(), Stop> {
        let mut patience = Patience::with(self.log);
        loop {
            match self.log.renew(self.writer).await {
                Ok(ack) if ack.cancel_asked => return Err(Stop::Cancelled),
                Ok(_) => return Ok(()),
                Err(error) => drop(self.mend(error, &mut patience).await?),
            }
        }
    }

    /// Appends the end. A result that is larger than a run may be has no room.
    pub(super) async fn end(&mut self, end: Outcome, most: usize) {
        let is_early = self.next() == 1;
        let (state, record) = match end {
            Ok(Some(result)) if result.len() > most => {
                (RunState::Failed, record::failed(problem::full().into(), is_early))
            }
            Ok(result) => (RunState::Done, record::done(result)),
            Err(failure) if failure.is_shutdown() => {
                (RunState::Lost, record::failed(problem::lost(SHUTTING_DOWN).into(), false))
            }
            Err(failure) => (RunState::Failed, record::failed(failure.into_parts().await, is_early)),
        };
        self.close(state, record).await;
    }

    pub(super) async fn close(&mut self, state: RunState, record: Bytes) {
        let mut patience = Patience::with(self.log);
        loop {
            match self.log.close(self.writer, self.next(), state, record.clone()).await {
                Ok(()) => return,
                Err(error) => match self.mend(error, &mut patience).await {
                    Ok(Some(next)) if next < self.next() => {
                        let lost = self.kept.split_off(next);
                        if let Err(Stop::Closed) = Box::pin(self.append(lost)).await {
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
                // It has them already, or still wants some that are kept.
                if (self.kept.first()..=self.next()).contains(&next) { Ok(Some(next)) } else { Err(Stop::Closed) }
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
        Self { until: Instant::now() + log.outage_timeout(), delay: SHORTEST, longest }
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
