//! Who follows which run from here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

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

struct Followed {
    count: usize,
    /// Tells those elsewhere, for as long as somebody follows from here: whether a body is polled or not.
    _teller: JoinSet<()>,
}

impl Followers {
    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Followed>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more follower, until what it is given is dropped; `None` if there are as many as may be. Where it
    /// `is_counted`, those elsewhere are told.
    pub(crate) fn enter(&self, log: &Arc<dyn RunLog>, run: &RunId, most: usize, is_counted: bool) -> Option<Following> {
        let mut runs = self.lock();
        match runs.get_mut(run) {
            Some(followed) if followed.count >= most => return None,
            Some(followed) => followed.count += 1,
            None => {
                let mut teller = JoinSet::new();
                if is_counted && log.is_shared() {
                    teller.spawn(tell(log.clone(), run.clone()));
                }
                runs.insert(run.clone(), Followed { count: 1, _teller: teller });
            }
        }
        Some(Following { followers: self.clone(), run: run.clone() })
    }
}

/// Tells those elsewhere that the run is followed from here.
async fn tell(log: Arc<dyn RunLog>, run: RunId) {
    loop {
        // The next time makes up for it.
        let _ = log.follow(&run).await;
        sleep(TELL).await;
    }
}

/// The place of one follower.
pub(crate) struct Following {
    followers: Followers,
    run: RunId,
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
