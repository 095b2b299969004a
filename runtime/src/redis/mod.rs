//! The connection to Redis, which runs and hubs share.
//!
//! - `connection`: one connection for all calls
//! - `subscription`: one subscription for all channels
//! - `answer`: the answers of scripts
//! - `error`: why Redis can't be reached

pub(crate) mod answer;
mod connection;
pub(crate) mod error;
pub(crate) mod subscription;

use std::{fmt, sync::Arc, time::Duration};

use redis::{Client, ScriptInvocation, Value};

use self::{
    answer::ScriptAnswer,
    connection::{CallError, RedisConnection},
    error::RedisUnavailable,
    subscription::Subscription,
};

/// A connection to Redis or Valkey, for the runs and the hubs of a process: see [`RedisLog`](crate::run::RedisLog::new) and
/// [`Hub::redis`](crate::Hub::redis). Needs the feature `redis`. Clones share it.
///
/// It opens two connections, however much goes through it: one for commands, one for notifications. Both are made again
/// whenever they break.
#[derive(Clone)]
pub struct Redis {
    connection: Arc<RedisConnection>,
    subscription: Arc<Subscription>,
}

impl Redis {
    /// Connects to a server such as `redis://127.0.0.1:6379`.
    ///
    /// # Errors
    /// If the URL can't be read, or nothing answers there. The error names the address, never the password.
    pub async fn connect(url: &str) -> Result<Self, RedisUnavailable> {
        let client = Client::open(url).map_err(|_| {
            RedisUnavailable("not a Redis URL; expected redis://user:password@host:port/database".to_owned())
        })?;
        let connection = Arc::new(RedisConnection::new(client.clone()).await?);
        Ok(Self { connection, subscription: Arc::new(Subscription::new(client)) })
    }

    /// Runs a script. If the connection breaks, the script is tried once more: it may run twice.
    pub(crate) async fn call(&self, call: &ScriptInvocation<'_>) -> Result<ScriptAnswer, RedisUnavailable> {
        self.call_either(call, call).await
    }

    /// Runs a script. If the connection breaks, and the first call may have arrived, the second one takes its place.
    pub(crate) async fn call_either(
        &self,
        first: &ScriptInvocation<'_>,
        second: &ScriptInvocation<'_>,
    ) -> Result<ScriptAnswer, RedisUnavailable> {
        let values: Result<Vec<Value>, _> = match self.connection.call(first).await {
            Err(CallError { is_dropped: true, .. }) => self.connection.call(second).await,
            answer => answer,
        };
        values.map(ScriptAnswer::new).map_err(|error| error.why)
    }

    pub(crate) fn subscription(&self) -> &Arc<Subscription> {
        &self.subscription
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("subscription", &self.subscription).finish_non_exhaustive()
    }
}

/// The function `now` for scripts: the clock of Redis in milliseconds, so that those of the nodes do not matter.
pub(crate) const NOW: &str = "
local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
";

/// A duration as scripts take it. Redis refuses times that are too large, so this is some 70 years at most.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).min(1 << 41)
}
