//! Hints: one subscription for the whole process, however many follow.
//!
//! Redis forgets a message that nobody hears, so a hint says only that there is something to read; whoever was cut off
//! is woken when the connection is there again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use redis::{Client, RedisError};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use crate::run::RunId;

/// The longest wait before the next attempt to connect.
const LONGEST: Duration = Duration::from_secs(5);

pub(super) fn channel(run: &RunId) -> String {
    format!("outflow:{{{run}}}:w")
}

#[derive(Clone)]
pub(super) struct Wakes {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    /// The runs that are followed, by the names of their channels.
    followed: Mutex<HashMap<String, watch::Sender<()>>>,
    /// To the task that listens, while there is one.
    listener: Mutex<Option<mpsc::UnboundedSender<String>>>,
}

impl Wakes {
    pub(super) fn new(client: Client) -> Self {
        let shared = Shared { client, followed: Mutex::default(), listener: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The hints of a run.
    pub(super) fn of(&self, run: &RunId) -> BoxStream<'static, ()> {
        let channel = channel(run);
        let changes = lock(&self.shared.followed).entry(channel.clone()).or_default().subscribe();
        let mut listener = lock(&self.shared.listener);
        let told = listener.as_ref().is_some_and(|listener| listener.send(channel).is_ok());
        if !told {
            let (new, wanted) = mpsc::unbounded_channel();
            *listener = Some(new);
            tokio::spawn(listen(Arc::clone(&self.shared), wanted));
        }
        stream::unfold(changes, async |mut changes| {
            changes.changed().await.ok()?;
            Some(((), changes))
        })
        .boxed()
    }
}

impl Shared {
    fn wake(&self, channel: &str) {
        if let Some(changes) = lock(&self.followed).get(channel) {
            changes.send_replace(());
        }
    }

    /// Forgets the runs that nobody follows any more, and names those that somebody does.
    fn followed(&self) -> Vec<String> {
        let mut followed = lock(&self.followed);
        followed.retain(|_, changes| changes.receiver_count() > 0);
        followed.keys().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens for as long as anybody follows anything.
async fn listen(shared: Arc<Shared>, mut wanted: mpsc::UnboundedReceiver<String>) {
    let mut delay = Duration::from_millis(50);
    loop {
        match listen_once(&shared, &mut wanted).await {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(%error, "the subscription to Redis is made again");
                sleep(delay).await;
                delay = (delay * 2).min(LONGEST);
            }
        }
        let mut listener = lock(&shared.listener);
        if shared.followed().is_empty() && wanted.is_empty() {
            *listener = None;
            return;
        }
    }
}

/// Until nobody follows anything, or the connection breaks.
async fn listen_once(shared: &Shared, wanted: &mut mpsc::UnboundedReceiver<String>) -> Result<(), RedisError> {
    let (mut sink, mut messages) = shared.client.get_async_pubsub().await?.split();
    let mut subscribed = shared.followed();
    for channel in &subscribed {
        sink.subscribe(channel).await?;
        // Something may have happened while nobody listened.
        shared.wake(channel);
    }
    let mut tidy = tokio::time::interval(Duration::from_secs(10));
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) => shared.wake(message.get_channel_name()),
                None => return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()),
            },
            channel = wanted.recv() => {
                let Some(channel) = channel else { return Ok(()) };
                if !subscribed.contains(&channel) {
                    sink.subscribe(&channel).await?;
                    subscribed.push(channel.clone());
                }
                shared.wake(&channel);
            }
            _ = tidy.tick() => {
                let followed = shared.followed();
                for channel in subscribed.iter().filter(|channel| !followed.contains(channel)) {
                    sink.unsubscribe(channel).await?;
                }
                subscribed = followed;
                if subscribed.is_empty() {
                    return Ok(());
                }
            }
        }
    }
}
