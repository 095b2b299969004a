//! Notifications of changes: one subscription for the whole process, however many follow.
//!
//! Redis forgets a message that nobody hears, so a notification says only that there is something to read. Nothing is
//! queued: a run that changes twice before its follower looks is one notification.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use redis::{Client, RedisError};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{error::Elapsed, sleep, timeout},
};

use super::connection::{ANSWER, unavailable};
use crate::{
    random,
    run::{backoff::Backoff, log::id::RunId},
};

/// The longest wait before the next attempt to connect.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// How often an idle connection is checked.
const PING: Duration = Duration::from_secs(5);

/// The channel on which the changes of a run are published.
pub(super) fn channel(run: &RunId) -> String {
    format!("outflow:{{{run}}}:w")
}

/// The subscription of this process. It listens until this is dropped.
pub(super) struct Changes {
    channels: Arc<Channels>,
    listener: JoinHandle<()>,
}

/// The channels of the runs that are followed from here.
#[derive(Default)]
struct Channels {
    state: Mutex<Subscribed>,
    /// Notified when there is something in `Subscribed::changed`.
    changed: Notify,
}

#[derive(Default)]
struct Subscribed {
    followed: HashMap<String, watch::Sender<()>>,
    /// The channels that the subscription may have to join or leave.
    changed: HashSet<String>,
}

impl Changes {
    pub(super) fn new(client: Client) -> Self {
        let channels = Arc::<Channels>::default();
        Self { listener: tokio::spawn(listen(client, channels.clone())), channels }
    }

    /// The notifications of a run. The first follower gets one as soon as the subscription is in place.
    pub(super) fn of(&self, run: &RunId) -> BoxStream<'static, ()> {
        let channel = channel(run);
        let mut state = self.channels.lock();
        let changes = match state.followed.get(&channel) {
            Some(changes) => changes.subscribe(),
            None => {
                state.changed.insert(channel.clone());
                self.channels.changed.notify_one();
                state.followed.entry(channel.clone()).or_default().subscribe()
            }
        };
        drop(state);
        let follow = Follow { channels: self.channels.clone(), channel, changes: Some(changes) };
        stream::unfold(follow, async |mut follow| {
            follow.changes.as_mut()?.changed().await.ok()?;
            Some(((), follow))
        })
        .boxed()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("runs", &self.channels.lock().followed.len()).finish()
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Channels {
    fn lock(&self) -> MutexGuard<'_, Subscribed> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notifies the followers of a channel.
    fn notify(&self, channel: &str) {
        if let Some(changes) = self.lock().followed.get(channel) {
            changes.send_replace(());
        }
    }

    /// Makes a new subscription join every channel.
    fn rejoin(&self) {
        let mut state = self.lock();
        state.changed = state.followed.keys().cloned().collect();
        self.changed.notify_one();
    }

    /// Waits until the subscription has to change: the channels to join, and those to leave.
    async fn next(&self) -> (Vec<String>, Vec<String>) {
        loop {
            {
                let mut state = self.lock();
                if !state.changed.is_empty() {
                    let changed = std::mem::take(&mut state.changed);
                    return changed.into_iter().partition(|channel| state.followed.contains_key(channel));
                }
            }
            self.changed.notified().await;
        }
    }
}

/// One follower of a channel.
struct Follow {
    channels: Arc<Channels>,
    channel: String,
    changes: Option<watch::Receiver<()>>,
}

impl Drop for Follow {
    fn drop(&mut self) {
        let mut state = self.channels.lock();
        self.changes = None;
        if state.followed.get(&self.channel).is_some_and(|changes| changes.receiver_count() == 0) {
            state.followed.remove(&self.channel);
            state.changed.insert(std::mem::take(&mut self.channel));
            self.channels.changed.notify_one();
        }
    }
}

/// The reason why the subscription ended.
enum Broken {
    Failed(RedisError),
    Silent,
    Closed,
}

impl From<RedisError> for Broken {
    fn from(error: RedisError) -> Self {
        Self::Failed(error)
    }
}

impl From<Elapsed> for Broken {
    fn from(_: Elapsed) -> Self {
        Self::Silent
    }
}

/// Listens to Redis for all followers of the process, and connects again whenever the connection breaks.
async fn listen(client: Client, channels: Arc<Channels>) {
    let mut backoff = Backoff::up_to(LONGEST_DELAY);
    loop {
        let Err(broken) = listen_once(&client, &channels, &mut backoff).await;
        let why = match broken {
            Broken::Failed(error) => unavailable(&client, &error).0,
            Broken::Silent => "no answer in time".to_owned(),
            Broken::Closed => "the connection was closed".to_owned(),
        };
        tracing::warn!(%why, "the subscription to Redis broke, and is made again");
        // The delay is random, so that the nodes do not come back all at once.
        let share = f64::from(u32::from_ne_bytes(random::bytes())) / f64::from(u32::MAX);
        sleep(backoff.next_delay().mul_f64(0.5 + share / 2.0)).await;
    }
}

/// Listens until the connection breaks.
async fn listen_once(client: &Client, channels: &Channels, backoff: &mut Backoff) -> Result<Infallible, Broken> {
    let (mut sink, mut messages) = timeout(ANSWER, client.get_async_pubsub()).await??.split();
    *backoff = Backoff::up_to(LONGEST_DELAY);
    let mut subscribed = HashSet::new();
    channels.rejoin();
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) => channels.notify(message.get_channel_name()),
                None => return Err(Broken::Closed),
            },
            (mut wanted, mut unwanted) = channels.next() => {
                wanted.retain(|channel| !subscribed.contains(channel));
                unwanted.retain(|channel| subscribed.remove(channel));
                if !wanted.is_empty() {
                    timeout(ANSWER, sink.subscribe(&wanted)).await??;
                }
                if !unwanted.is_empty() {
                    timeout(ANSWER, sink.unsubscribe(&unwanted)).await??;
                }
                for channel in wanted {
                    // The run may have changed before the subscription was in place.
                    channels.notify(&channel);
                    subscribed.insert(channel);
                }
            }
            () = sleep(PING) => {
                timeout(ANSWER, sink.ping::<redis::Value>()).await??;
            }
        }
    }
}
