//! One connection for all calls, made again as soon as it may be broken.
//!
//! The manager of the crate `redis` keeps a connection that does not answer, and one to a primary that has become a
//! replica: after a failover it would go on calling the old server. Here such a connection is given up.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, RedisError, ScriptInvocation, ServerErrorKind,
    aio::MultiplexedConnection,
};
use tokio::sync::Mutex;

use super::error::RedisUnavailable;

/// The time that a call may take. The crate's own half second is too short for a disk that syncs, and a call that is
/// repeated after this time still renews the lease.
pub(super) const ANSWER: Duration = Duration::from_secs(3);

/// The time that a new connection may take.
const CONNECT: Duration = Duration::from_secs(2);

pub(super) struct RedisConnection {
    client: Client,
    /// The number of attempts to connect, successful or not.
    attempts: AtomicU64,
    state: Mutex<Link>,
}

/// Why a call failed.
pub(super) struct CallError {
    pub(super) why: RedisUnavailable,
    /// Whether the connection broke meanwhile: the call may have arrived, and another one may do better.
    pub(super) is_dropped: bool,
}

enum Link {
    Live(MultiplexedConnection),
    /// The reason why the last one was given up.
    Broken(RedisUnavailable),
}

impl RedisConnection {
    pub(super) async fn new(client: Client) -> Result<Self, RedisUnavailable> {
        let state = Mutex::new(Link::Broken(RedisUnavailable(String::new())));
        let connection = Self { client, attempts: AtomicU64::new(0), state };
        connection.get().await?;
        Ok(connection)
    }

    /// Runs a script.
    pub(super) async fn call<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, CallError> {
        let away = |why| CallError { why, is_dropped: false };
        let (mut connection, attempt) = self.get().await.map_err(away)?;
        let error = match call.invoke_async(&mut connection).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let why = unavailable(&self.client, &error);
        if is_broken(&error) {
            self.discard(attempt, why.clone()).await;
        }
        Err(CallError { why, is_dropped: error.is_connection_dropped() })
    }

    /// The connection, and the number of the attempt that made it. One call connects, and all that wait meanwhile share
    /// its success or failure: otherwise each would wait for an attempt of its own, one after the other.
    async fn get(&self) -> Result<(MultiplexedConnection, u64), RedisUnavailable> {
        let seen = self.attempts.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let attempts = self.attempts.load(Ordering::Acquire);
        match &*state {
            Link::Live(connection) => return Ok((connection.clone(), attempts)),
            Link::Broken(why) if attempts != seen => return Err(why.clone()),
            Link::Broken(_) => {}
        }
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(ANSWER));
        let made = self.client.get_multiplexed_async_connection_with_config(&config).await;
        self.attempts.store(attempts + 1, Ordering::Release);
        match made {
            Ok(connection) => {
                *state = Link::Live(connection.clone());
                Ok((connection, attempts + 1))
            }
            Err(error) => {
                let why = unavailable(&self.client, &error);
                *state = Link::Broken(why.clone());
                Err(why)
            }
        }
    }

    async fn discard(&self, attempt: u64, why: RedisUnavailable) {
        let mut state = self.state.lock().await;
        // Otherwise another call has given it up already, and the current connection is a new one.
        if self.attempts.load(Ordering::Acquire) == attempt {
            *state = Link::Broken(why);
        }
    }
}

/// Whether another connection might do better.
fn is_broken(error: &RedisError) -> bool {
    // Before Redis 7 the error of a script wraps that of its command.
    let is_replica = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
        || error.detail().is_some_and(|detail| detail.contains("-READONLY "));
    error.is_io_error() || error.is_unrecoverable_error() || is_replica
}

/// Describes what is wrong and where, without secrets: a server that does not know a command repeats its arguments, the
/// password among them.
pub(super) fn unavailable(client: &Client, error: &RedisError) -> RedisUnavailable {
    let what = match (error.kind(), error.code()) {
        (ErrorKind::Io, _) if error.is_timeout() => "no answer in time".to_owned(),
        (ErrorKind::Io | ErrorKind::InvalidClientConfig, _) => error.to_string(),
        (ErrorKind::AuthenticationFailed, _) => "authentication failed".to_owned(),
        (_, Some(code)) => {
            let detail = error.detail().unwrap_or_default();
            let detail = if detail.contains("with args") { "" } else { detail };
            format!("{code} {detail}").trim_end().to_owned()
        }
        _ => error.category().to_owned(),
    };
    RedisUnavailable(format!("Redis at {}: {what}", client.get_connection_info().addr()))
}
