//! The task that listens to Redis for all followers of the process.

use std::{collections::HashSet, convert::Infallible, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use redis::{Client, RedisError};
use tokio::time::{error::Elapsed, sleep, timeout};

use super::{
    changes::Followed,
    connection::{ANSWER, unavailable},
};

/// The shortest and the longest wait before the next attempt to connect.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// How often a connection on which nothing happens is asked whether it is still one.
const PING: Duration = Duration::from_secs(5);

/// Why it stopped.
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

pub(super) async fn listen(client: Client, followed: Arc<Followed>) {
    let mut delay = SHORTEST;
    loop {
        let Err(broken) = listen_once(&client, &followed, &mut delay).await;
        let why = match broken {
            Broken::Failed(error) => unavailable(&client, &error).0,
            Broken::Silent => "no answer in time".to_owned(),
            Broken::Closed => "the connection was closed".to_owned(),
        };
        tracing::warn!(%why, "the subscription to Redis is made again");
        // Not all nodes at once.
        sleep(delay.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
        delay = (delay * 2).min(LONGEST);
    }
}

/// Until the connection breaks.
async fn listen_once(client: &Client, followed: &Followed, delay: &mut Duration) -> Result<Infallible, Broken> {
    let (mut sink, mut messages) = timeout(ANSWER, client.get_async_pubsub()).await??.split();
    *delay = SHORTEST;
    let mut subscribed = HashSet::new();
    followed.all_changed();
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) => followed.wake(message.get_channel_name()),
                None => return Err(Broken::Closed),
            },
            (mut wanted, mut unwanted) = followed.changes() => {
                wanted.retain(|channel| !subscribed.contains(channel));
                unwanted.retain(|channel| subscribed.remove(channel));
                if !wanted.is_empty() {
                    timeout(ANSWER, sink.subscribe(&wanted)).await??;
                }
                if !unwanted.is_empty() {
                    timeout(ANSWER, sink.unsubscribe(&unwanted)).await??;
                }
                for channel in wanted {
                    // Something may have happened before.
                    followed.wake(&channel);
                    subscribed.insert(channel);
                }
            }
            () = sleep(PING) => {
                timeout(ANSWER, sink.ping::<redis::Value>()).await??;
            }
        }
    }
}
