//! One subscription for the whole process, however many listen.
//!
//! Redis forgets a message that nobody hears. So a listener is also told when it may have missed some.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::StreamExt as _;
use redis::{Client, RedisError};
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{error::Elapsed, sleep, timeout},
};

use super::connection::{ANSWER, unavailable};
use crate::{backoff::Backoff, random};

/// The longest wait before the next attempt to connect.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// How often an idle connection is checked.
const PING: Duration = Duration::from_secs(5);

/// A listener on a channel. Its methods must not wait, nor listen to anything.
pub(crate) trait Listener: Send + Sync {
    /// Takes a message that was published on the channel.
    fn message(&self, message: &[u8]);

    /// The channel is subscribed, for the first time or again: messages may have been missed before.
    fn joined(&self);

    /// The connection broke: messages are missed from now on.
    fn lost(&self) {}
}

/// The subscription of this process. It listens until this is dropped.
pub(crate) struct Subscription {
    channels: Arc<Channels>,
    task: JoinHandle<()>,
}

/// The channels that have listeners.
#[derive(Default)]
struct Channels {
    state: Mutex<Subscribed>,
    /// Notified when there is something in `Subscribed::changed`.
    changed: Notify,
}

#[derive(Default)]
struct Subscribed {
    heard: HashMap<Arc<str>, Heard>,
    /// The channels that the subscription may have to join or leave.
    changed: HashSet<Arc<str>>,
    /// The number of the next listener.
    next: u64,
}

/// A channel with listeners.
#[derive(Default)]
struct Heard {
    listeners: Vec<(u64, Arc<dyn Listener>)>,
    is_joined: bool,
}

impl Subscription {
    pub(super) fn new(client: Client) -> Self {
        let channels = Arc::<Channels>::default();
        Self { task: tokio::spawn(listen(client, channels.clone())), channels }
    }

    /// Listens on a channel, until the guard is dropped.
    pub(crate) fn listen(&self, channel: impl Into<Arc<str>>, listener: Arc<dyn Listener>) -> Listening {
        let channel = channel.into();
        let mut state = self.channels.lock();
        let number = state.next;
        state.next += 1;
        let heard = state.heard.entry(channel.clone()).or_default();
        let is_first = heard.listeners.is_empty();
        if heard.is_joined {
            // Under the lock: a loss comes afterwards.
            listener.joined();
        }
        heard.listeners.push((number, listener));
        if is_first {
            state.changed.insert(channel.clone());
            self.channels.changed.notify_one();
        }
        drop(state);
        Listening { channels: self.channels.clone(), channel, number }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("channels", &self.channels.lock().heard.len()).finish()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Channels {
    fn lock(&self) -> MutexGuard<'_, Subscribed> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the listeners of a channel.
    fn call(&self, channel: &str, call: impl Fn(&dyn Listener)) {
        let listeners = match self.lock().heard.get(channel) {
            Some(heard) => heard.listeners.clone(),
            None => return,
        };
        listeners.iter().for_each(|(_, listener)| call(&**listener));
    }

    /// Tells the listeners of a channel that it is subscribed.
    fn joined(&self, channel: &str) {
        if let Some(heard) = self.lock().heard.get_mut(channel) {
            heard.is_joined = true;
        }
        self.call(channel, |listener| listener.joined());
    }

    /// Tells all listeners that the connection broke.
    fn lost(&self) {
        let mut state = self.lock();
        let mut listeners = Vec::new();
        for heard in state.heard.values_mut().filter(|heard| heard.is_joined) {
            heard.is_joined = false;
            listeners.extend(heard.listeners.iter().map(|(_, listener)| listener.clone()));
        }
        drop(state);
        listeners.iter().for_each(|listener| listener.lost());
    }

    /// Makes a new subscription join every channel.
    fn rejoin(&self) {
        let mut state = self.lock();
        state.changed = state.heard.keys().cloned().collect();
        self.changed.notify_one();
    }

    /// Waits until the subscription has to change: the channels to join, and those to leave.
    async fn next(&self) -> (Vec<Arc<str>>, Vec<Arc<str>>) {
        loop {
            {
                let mut state = self.lock();
                if !state.changed.is_empty() {
                    let changed = std::mem::take(&mut state.changed);
                    return changed.into_iter().partition(|channel| state.heard.contains_key(channel));
                }
            }
            self.changed.notified().await;
        }
    }
}

/// A listener that is called, until this is dropped.
pub(crate) struct Listening {
    channels: Arc<Channels>,
    channel: Arc<str>,
    number: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut state = self.channels.lock();
        let Some(heard) = state.heard.get_mut(&self.channel) else { return };
        heard.listeners.retain(|(number, _)| *number != self.number);
        if heard.listeners.is_empty() {
            state.heard.remove(&self.channel);
            state.changed.insert(self.channel.clone());
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

/// Listens to Redis for the whole process, and connects again whenever the connection breaks.
async fn listen(client: Client, channels: Arc<Channels>) {
    let mut backoff = Backoff::up_to(LONGEST_DELAY);
    loop {
        let Err(broken) = listen_once(&client, &channels, &mut backoff).await;
        channels.lost();
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
    let mut subscribed = HashSet::<Arc<str>>::new();
    channels.rejoin();
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) => {
                    channels.call(message.get_channel_name(), |listener| listener.message(message.get_payload_bytes()));
                }
                None => return Err(Broken::Closed),
            },
            (wanted, mut unwanted) = channels.next() => {
                unwanted.retain(|channel| subscribed.remove(channel));
                // One that was left and joined again meanwhile is still subscribed.
                let new: Vec<_> = wanted.iter().filter(|channel| !subscribed.contains(*channel)).cloned().collect();
                if !new.is_empty() {
                    timeout(ANSWER, sink.subscribe(names(&new))).await??;
                }
                if !unwanted.is_empty() {
                    timeout(ANSWER, sink.unsubscribe(names(&unwanted))).await??;
                }
                for channel in wanted {
                    channels.joined(&channel);
                    subscribed.insert(channel);
                }
            }
            () = sleep(PING) => {
                timeout(ANSWER, sink.ping::<redis::Value>()).await??;
            }
        }
    }
}

fn names(channels: &[Arc<str>]) -> Vec<&str> {
    channels.iter().map(|channel| &**channel).collect()
}
