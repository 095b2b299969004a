//! Why a packet was not published.

use std::fmt;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{format::problem::Problem, log_gate::LogGate, packet::content::Unwritable};

/// Why [`Hub::publish`](super::Hub::publish) did not publish. As the answer of a handler it is a 503 or a 500.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// The hub has as many topics as it may (see [`Hub::topics`](super::Hub::topics)), and this would be another one.
    TooManyTopics,
    /// The store of the hub can't be reached. The packet may have been published nevertheless, if only the answer was lost.
    Unavailable(HubUnavailable),
    /// The packet can't be written: its `Serialize` failed, or it was made with an id or of bytes.
    Unwritable(Unwritable),
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyTopics => f.write_str(
                "the hub has as many topics as it may: raise `Hub::topics(..)`, or name fewer topics at a time",
            ),
            Self::Unavailable(why) => why.fmt(f),
            Self::Unwritable(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for PublishError {}

impl IntoResponse for PublishError {
    fn into_response(self) -> Response {
        match self {
            Self::TooManyTopics => Problem::unavailable("there are too many topics").to_response(),
            Self::Unavailable(why) => why.into_response(),
            Self::Unwritable(why) => {
                tracing::error!(%why, "a packet was not published");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR).to_response()
            }
        }
    }
}

/// The error of a hub whose store can't be reached, or does not answer. A hub in memory never has it. As the answer of a
/// handler it is a 503, and the reason is logged.
#[derive(Clone, Debug)]
pub struct HubUnavailable(pub(super) String);

impl fmt::Display for HubUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the hub can't reach its store: {}", self.0)
    }
}

impl std::error::Error for HubUnavailable {}

impl IntoResponse for HubUnavailable {
    fn into_response(self) -> Response {
        static GATE: LogGate = LogGate::new();
        if let Some(suppressed) = GATE.pass() {
            tracing::error!(why = %self.0, suppressed, "a hub can't reach its store");
        }
        Problem::unavailable("the hub can't be reached").to_response()
    }
}

/// A packet that has been published. As the answer of a handler it is a 204.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    pub(super) number: u64,
}

impl Published {
    /// The number of the packet in its topic: 1, 2, 3 and so on.
    pub fn number(self) -> u64 {
        self.number
    }
}

impl IntoResponse for Published {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}
