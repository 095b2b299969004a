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

/// The reason that clients are given when a stream has reached its `max_age`.
pub(crate) const AGED: &str = "the stream has reached its greatest age";

/// Why a client is turned away for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// The server is stopping.
    Stopping,
    /// The server has as many streams as it may.
    Full,
    /// This client, or user, has as many streams as it may.
    TooMany,
    /// The stream has reached its `max_age` before it could be answered.
    Aged,
}

impl TurnedAway {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Stopping | Self::Full | Self::Aged => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Stopping => SHUTTING_DOWN,
            Self::Full => "too many streams are open",
            Self::TooMany => "you have too many streams open",
            Self::Aged => AGED,
        }
    }
}

/// A delay around [`RETRY_AFTER`], because clients that are sent away together should not come back together.
pub(crate) fn come_back_after() -> Duration {
    RETRY_AFTER / 2 + Duration::from_millis(random() % RETRY_AFTER.as_millis() as u64)
}

/// An age between four fifths of this one and the whole, because clients that came together should not have to come back
/// together.
pub(crate) fn spread(age: Duration) -> Duration {
    age - (age / 5).mul_f64(f64::from(random() as u32) / f64::from(u32::MAX))
}

fn random() -> u64 {
    RandomState::new().hash_one(())
}
