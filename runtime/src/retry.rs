//! When a client that is turned away, or told to come back, should try again.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use axum::http::StatusCode;

/// The `Retry-After` of an answer that turns a client away.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(3);

/// The reason that clients are given while the server stops.
pub(crate) const SHUTTING_DOWN: &str = "the server is shutting down";

/// Why a client is turned away for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// The server is stopping.
    Stopping,
    /// The server has as many streams as it may.
    Full,
    /// This client, or user, has as many streams as it may.
    TooMany,
}

impl TurnedAway {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Stopping | Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Stopping => SHUTTING_DOWN,
            Self::Full => "too many streams are open",
            Self::TooMany => "you have too many streams open",
        }
    }
}

/// A delay around [`RETRY_AFTER`], because clients that are sent away together should not come back together.
pub(crate) fn come_back_after() -> Duration {
    let random = RandomState::new().hash_one(());
    RETRY_AFTER / 2 + Duration::from_millis(random % RETRY_AFTER.as_millis() as u64)
}
