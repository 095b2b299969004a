//! Who follows which run from here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    id::RunId,
    joined::Joined,
    log::{Page, ReadError, RunLog, RunState, Seq},
    record,
};

/// How often those elsewhere are told that a run is followed from here. A log keeps it for three times as long.
const TELL: Duration = Duration::from_secs(5);

/// How often a run that may be abandoned looks for its followers.
const LOOK: Duration = Duration::from_secs(1);

/// The runs that are followed from this process. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Followers {
    runs: Arc<Mutex<HashMap<RunId, Followed>>>,
    reads: Joined<(RunId, Seq), Result<Page, ReadError>>,
    reaps: Joined<RunId, ()>,
}

#[derive(Default)]
struct Followed {
    count: usize,
    /// When those elsewhere have to be told again. One follower tells for all.
    tell: Option<Instant>,
}

impl Followers {
    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Followed>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more follower, until what it is given is dropped; `None` if there are as many as may be.
    pub(crate) fn enter(&self, run: &RunId, most: usize) -> Option<Following> {
        let mut runs = self.lock();
        match runs.get_mut(run) {
            Some(followed) if followed.count >= most => return None,
            Some(followed) => followed.count += 1,
            None => drop(runs.insert(run.clone(), Followed { count: 1, tell: None })),
        }
        Some(Following { followers: self.clone(), run: run.clone(), tell: Instant::now() })
    }
}

/// The place of one follower.
pub(crate) struct Following {
    followers: Followers,
    run: RunId,
    /// Not to be asked before.
    tell: Instant,
}

impl Following {
    /// Reads what comes after this record. Many who want the same of a log that is elsewhere ask it once.
    pub(crate) async fn read(&self, log: &Arc<dyn RunLog>, after: Seq, most: usize) -> Result<Page, ReadError> {
        if !log.is_shared() {
            return log.read(&self.run, after, most).await;
        }
        let (log, run) = (log.clone(), self.run.clone());
        let read = async move { log.read(&run, after, most).await };
        self.followers.reads.call((self.run.clone(), after), read).await
    }

    /// Closes the run if its writer has vanished.
    pub(crate) async fn reap(&self, log: &Arc<dyn RunLog>) {
        let (log, run) = (log.clone(), self.run.clone());
        let reap = async move {
            // A log that is away is noticed by the next look.
            let _ = log.reap(&run, record::ended(RunState::Lost)).await;
        };
        self.followers.reaps.call(self.run.clone(), reap).await;
    }

    /// Whether this one has to tell those elsewhere now.
    pub(crate) fn is_to_tell(&mut self) -> bool {
        let now = Instant::now();
        if now < self.tell {
            return false;
        }
        let mut runs = self.followers.lock();
        let followed = runs.entry(self.run.clone()).or_default();
        let is_due = followed.tell.is_none_or(|tell| tell <= now);
        if is_due {
            followed.tell = Some(now + TELL);
        }
        self.tell = followed.tell.unwrap_or(now);
        is_due
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut runs = self.followers.lock();
        let Some(followed) = runs.get_mut(&self.run) else { return };
        followed.count -= 1;
        if followed.count == 0 {
            runs.remove(&self.run);
        }
    }
}

/// Ready when nobody has followed the run for so long.
pub(super) async fn abandoned(log: &dyn RunLog, run: &RunId, after: Duration) {
    let mut since = Instant::now();
    while since.elapsed() < after {
        sleep(LOOK.min(after / 4)).await;
        // Where the log does not know, somebody may follow.
        if !matches!(log.is_followed(run).await, Ok(false)) {
            since = Instant::now();
        }
    }
}
