//! Hints: one subscription for the whole process, however many follow.
//!
//! Redis forgets a message that nobody hears, so a hint says only that there is something to read. Nothing is queued: a
//! run that changes twice before its follower looks is one hint.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use redis::Client;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::listen::listen;
use crate::run::RunId;

pub(super) fn channel(run: &RunId) -> String {
    format!("outflow:{{{run}}}:w")
}

/// Listens for as long as this is there.
pub(super) struct Changes {
    followed: Arc<Followed>,
    listener: JoinHandle<()>,
}

/// The runs that are followed from here, by the names of their channels.
#[derive(Default)]
pub(super) struct Followed {
    runs: Mutex<Runs>,
    /// There is something in `Runs::changed`.
    changed: Notify,
}

#[derive(Default)]
struct Runs {
    hints: HashMap<String, watch::Sender<()>>,
    /// The channels that the subscription may have to take up or to leave.
    changed: HashSet<String>,
}

impl Changes {
    pub(super) fn new(client: Client) -> Self {
        let followed = Arc::<Followed>::default();
        Self { listener: tokio::spawn(listen(client, followed.clone())), followed }
    }

    /// The hints of a run. Who is the first to follow it here has one as soon as the subscription stands.
    pub(super) fn of(&self, run: &RunId) -> BoxStream<'static, ()> {
        let channel = channel(run);
        let mut runs = self.followed.lock();
        let hints = match runs.hints.get(&channel) {
            Some(hints) => hints.subscribe(),
            None => {
                runs.changed.insert(channel.clone());
                self.followed.changed.notify_one();
                runs.hints.entry(channel.clone()).or_default().subscribe()
            }
        };
        drop(runs);
        let follow = Follow { followed: self.followed.clone(), channel, hints: Some(hints) };
        stream::unfold(follow, async |mut follow| {
            follow.hints.as_mut()?.changed().await.ok()?;
            Some(((), follow))
        })
        .boxed()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("runs", &self.followed.lock().hints.len()).finish()
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Followed {
    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who follow.
    pub(super) fn wake(&self, channel: &str) {
        if let Some(hints) = self.lock().hints.get(channel) {
            hints.send_replace(());
        }
    }

    /// For a subscription that knows of none.
    pub(super) fn all_changed(&self) {
        let mut runs = self.lock();
        runs.changed = runs.hints.keys().cloned().collect();
        self.changed.notify_one();
    }

    /// Waits until the subscription has to change: the channels to take up, and those to leave.
    pub(super) async fn changes(&self) -> (Vec<String>, Vec<String>) {
        loop {
            {
                let mut runs = self.lock();
                if !runs.changed.is_empty() {
                    let changed = std::mem::take(&mut runs.changed);
                    return changed.into_iter().partition(|channel| runs.hints.contains_key(channel));
                }
            }
            self.changed.notified().await;
        }
    }
}

/// One who follows a run.
struct Follow {
    followed: Arc<Followed>,
    channel: String,
    hints: Option<watch::Receiver<()>>,
}

impl Drop for Follow {
    fn drop(&mut self) {
        let mut runs = self.followed.lock();
        self.hints = None;
        if runs.hints.get(&self.channel).is_some_and(|hints| hints.receiver_count() == 0) {
            runs.hints.remove(&self.channel);
            runs.changed.insert(std::mem::take(&mut self.channel));
            self.followed.changed.notify_one();
        }
    }
}
