//! The followers of runs in this process.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    log::{
        Page, ReadError, RunLog, Seq, Unavailable,
        id::{Digest, RunId},
        record,
    },
    problem,
    single_flight::SingleFlight,
};

/// How often other nodes learn that a run is followed from here. A log remembers it for three times as long.
const ANNOUNCE: Duration = Duration::from_secs(5);

/// How often a run that may be abandoned looks for its followers.
const LOOK: Duration = Duration::from_secs(1);

/// The runs that are followed from this process. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Followers {
    runs: Arc<Mutex<HashMap<RunId, FollowedRun>>>,
    reads: SingleFlight<(RunId, Seq), Result<Page, ReadError>>,
    reaps: SingleFlight<RunId, Result<(), Unavailable>>,
}

struct FollowedRun {
    count: usize,
    owner: Option<Digest>,
    /// Says when the owner's right is taken away.
    revoked: watch::Sender<bool>,
    /// Announces the followers to other nodes for as long as there are any, whether their bodies are polled or not.
    _announcer: JoinSet<()>,
}

impl Followers {
    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, FollowedRun>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the followers of an owner's runs. Returns how many there were.
    pub(super) fn revoke(&self, owner: Digest) -> usize {
        let mut runs = self.lock();
        let of_owner = runs.values_mut().filter(|followed| followed.owner == Some(owner));
        of_owner
            .map(|followed| {
                // Those who come later are asked for their rights anew.
                followed.revoked.send_replace(true);
                followed.revoked = watch::Sender::new(false);
                followed.count
            })
            .sum()
    }

    /// Adds a follower, until its guard is dropped; `None` if there are `max` already. Other nodes learn of it if it
    /// `is_announced`.
    pub(crate) fn enter(
        &self,
        log: &Arc<dyn RunLog>,
        run: &RunId,
        owner: Option<Digest>,
        max: usize,
        is_announced: bool,
    ) -> Option<Following> {
        let mut runs = self.lock();
        let revoked = match runs.get_mut(run) {
            Some(followed) if followed.count >= max => return None,
            Some(followed) => {
                followed.count += 1;
                followed.revoked.subscribe()
            }
            None => {
                let (revoked, receiver) = watch::channel(false);
                let mut announcer = JoinSet::new();
                if is_announced && log.is_shared() {
                    announcer.spawn(announce(log.clone(), run.clone()));
                }
                runs.insert(run.clone(), FollowedRun { count: 1, owner, revoked, _announcer: announcer });
                receiver
            }
        };
        Some(Following { followers: self.clone(), run: run.clone(), revoked })
    }
}

/// Tells other nodes that the run is followed from here.
async fn announce(log: Arc<dyn RunLog>, run: RunId) {
    loop {
        // Once the log is back, the run's writer may soon ask again.
        let pause = if log.follow(&run).await.is_ok() { ANNOUNCE } else { LOOK };
        sleep(pause).await;
    }
}

/// The place of one follower.
pub(crate) struct Following {
    followers: Followers,
    run: RunId,
    revoked: watch::Receiver<bool>,
}

impl Following {
    /// Resolves when the owner's right has been taken away.
    pub(crate) fn revoked(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut revoked = self.revoked.clone();
        async move {
            // A sender that is gone can't say so.
            if revoked.wait_for(|revoked| *revoked).await.is_err() {
                pending::<()>().await;
            }
        }
    }

    /// Reads the records after this one. Followers that want the same records of a shared log ask it once.
    pub(crate) async fn read(&self, log: &Arc<dyn RunLog>, after: Seq, max_bytes: usize) -> Result<Page, ReadError> {
        if !log.is_shared() {
            return log.read(&self.run, after, max_bytes).await;
        }
        let (log, run) = (log.clone(), self.run.clone());
        let read = async move { log.read(&run, after, max_bytes).await };
        self.followers.reads.call((self.run.clone(), after), read).await
    }

    /// Closes the run if its writer has vanished.
    pub(crate) async fn reap(&self, log: &Arc<dyn RunLog>) -> Result<(), Unavailable> {
        let (log, run) = (log.clone(), self.run.clone());
        let reap =
            async move { log.reap(&run, record::failed(problem::orphaned().into(), false)).await.map(|_is_lost| ()) };
        self.followers.reaps.call(self.run.clone(), reap).await
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

/// Resolves when the run has been without a follower for this long.
pub(crate) async fn abandoned(log: &dyn RunLog, run: &RunId, after: Duration) {
    let mut since = Instant::now();
    while since.elapsed() < after {
        sleep(LOOK.min(after / 4)).await;
        // If the log can't say, there may be a follower.
        if !matches!(log.is_followed(run).await, Ok(false)) {
            since = Instant::now();
        }
    }
}
