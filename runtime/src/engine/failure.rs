//! The failure that an action ends with: an HTTP response before the first packet, a problem document after it.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use axum::{
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;

use super::limit::Limit;
use crate::{
    format::{
        error_response::{FailureParts, failing, failing_early, in_words, unreadable},
        problem::{EndedBy, Problem},
    },
    packet::content::Unwritable,
};

/// The time that an error's response has to become a problem document. Most bodies are ready at once; some may have to
/// be fetched.
const DETAIL_TIMEOUT: Duration = Duration::from_secs(5);

/// Why an action did not finish: the response of the error it returned, or what went wrong inside it.
///
/// A client sees the status, and what the error itself says to clients. The message of a panic and other inner reasons
/// stay in the log and in this type's `Display`.
pub struct Failure(Cause);

enum Cause {
    /// The action returned an error; this is its `IntoResponse`. Boxed, because it is rare and large.
    Returned(Box<Response>),
    /// The action broke. The reason is for the log.
    Broken(String),
    /// The action was ended from outside.
    Limit(Limit),
}

impl Failure {
    pub(crate) fn returned(error: impl IntoResponse) -> Self {
        Self(Cause::Returned(Box::new(error.into_response())))
    }

    /// An error whose text is for the log alone.
    pub(crate) fn broken(reason: impl Into<String>) -> Self {
        Self(Cause::Broken(reason.into()))
    }

    pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Self {
        let failure = Self::broken(format!("it panicked: {}", message(&*panic)));
        // A payload may panic once more when it is dropped; then it is not dropped.
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(another);
        }
        failure
    }

    pub(crate) fn unwritable(why: &Unwritable) -> Self {
        Self::broken(why.to_string())
    }

    pub(crate) fn limit(limit: Limit) -> Self {
        Self(Cause::Limit(limit))
    }

    /// The limit that ended the action, if one did.
    pub(crate) fn by_limit(&self) -> Option<Limit> {
        match self.0 {
            Cause::Limit(limit) => Some(limit),
            Cause::Returned(_) | Cause::Broken(_) => None,
        }
    }

    /// Whether the server ended the action, because it is stopping.
    pub(crate) fn is_shutdown(&self) -> bool {
        matches!(self.by_limit(), Some(Limit::Shutdown | Limit::Close))
    }

    /// The status that a client sees: 500, unless the action returned an error with a status of its own, took longer
    /// than its `timeout` (504) or was ended by its server (503).
    pub fn status(&self) -> StatusCode {
        match &self.0 {
            Cause::Returned(response) => failing(response.status()),
            Cause::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Cause::Limit(limit) => limit.status(),
        }
    }

    /// Logs the failure, with the reason that the client does not get. The span of the stream says which action it was.
    pub(crate) fn log(&self) {
        match &self.0 {
            Cause::Returned(response) => {
                let status = failing(response.status());
                if status.is_server_error() {
                    tracing::warn!(status = status.as_u16(), "the action returned an error");
                } else {
                    tracing::debug!(status = status.as_u16(), "the action returned an error");
                }
            }
            Cause::Broken(reason) => tracing::error!(%reason, "the action failed"),
            Cause::Limit(Limit::Timeout) => tracing::warn!("the action took longer than its timeout"),
            Cause::Limit(Limit::Shutdown) => tracing::warn!("the server stopped before the action ended"),
            Cause::Limit(Limit::Close) => tracing::debug!("the action was closed because the server is stopping"),
            Cause::Limit(Limit::Age) => tracing::debug!("the action was closed because it has reached its `max_age`"),
        }
    }

    /// The answer when nothing has been sent yet: the error's own response, status, headers and all. A status below 400
    /// that is not a redirect becomes 500.
    pub(crate) fn into_response(self) -> Response {
        match self.0 {
            Cause::Returned(mut response) => {
                *response.status_mut() = failing_early(response.status());
                *response
            }
            Cause::Broken(_) => broken().to_response(),
            Cause::Limit(limit) => limited(limit).to_response(),
        }
    }

    /// The answer when nothing has been sent yet, in the words of a format.
    pub(crate) async fn into_response_in(self, words: fn(&Problem) -> String) -> Response {
        let FailureParts { problem, response } = self.into_parts().await;
        let own = response.map(|(head, _)| Response::from_parts(head, Body::empty()));
        in_words(words, &problem, own.unwrap_or_else(|| problem.to_response()))
    }

    /// The failure as the stream's last record: the same response as a problem document.
    pub(crate) async fn into_problem(self) -> Problem {
        self.into_parts().await.problem
    }

    /// The failure as a problem document, and the error's own response if it has one.
    pub(crate) async fn into_parts(self) -> FailureParts {
        match self.0 {
            Cause::Returned(response) => {
                let status = failing(response.status());
                let reading = AssertUnwindSafe(FailureParts::of(*response)).catch_unwind();
                let parts = match tokio::time::timeout(DETAIL_TIMEOUT, reading).await {
                    Ok(Ok(parts)) => parts,
                    Ok(Err(_)) | Err(_) => unreadable(status).into(),
                };
                // It is known only now. A failure before the first packet is an ordinary response, which any layer logs.
                tracing::debug!(status = status.as_u16(), detail = parts.problem.detail(), "the error's description");
                parts
            }
            Cause::Broken(_) => broken().into(),
            Cause::Limit(limit) => limited(limit).into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Returned(response) => write!(f, "the action failed with {}", response.status()),
            Cause::Broken(reason) => write!(f, "the action failed: {reason}"),
            Cause::Limit(limit) => write!(f, "the action was ended: {}", limit.detail()),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Failure").field(&format_args!("{self}")).finish()
    }
}

impl std::error::Error for Failure {}

/// The problem of an action that broke. Its reason is for the log.
fn broken() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The problem of an action that a limit ended.
fn limited(limit: Limit) -> Problem {
    let problem = Problem::new(limit.status()).with_detail(limit.detail());
    match limit {
        Limit::Timeout => problem.ended_by_side(EndedBy::Timeout),
        Limit::Shutdown | Limit::Close | Limit::Age => problem.ended_by_side(EndedBy::Shutdown).retried(),
    }
}

/// The text of a panic, for the log.
fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "(a payload that is not text)",
    }
}
