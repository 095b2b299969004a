//! What a request says that its answer has to know: ids, the model, the tool calls of earlier messages.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::{Method, request::Parts};

use crate::random;

/// The ids that an answer bears. The request types of this module leave them for their answer; without one, put them
/// into the request's extensions, or leave them in the [`Notes`](crate::format::Notes). Those that are missing are made,
/// where the protocol needs them.
///
/// ```
/// use axum::{extract::FromRequestParts, http::request::Parts};
/// use outflow::ai::Asked;
///
/// /// The answer has the id of the request.
/// struct Traced;
///
/// impl<S: Sync> FromRequestParts<S> for Traced {
///     type Rejection = std::convert::Infallible;
///
///     async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
///         if let Some(id) = parts.headers.get("x-request-id").and_then(|id| id.to_str().ok()) {
///             let asked = Asked::new().message_id(id);
///             parts.extensions.insert(asked);
///         }
///         Ok(Self)
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub(super) thread_id: Option<String>,
    pub(super) run_id: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) model: Option<String>,
    /// The tool calls of earlier messages.
    pub(super) calls: HashSet<String>,
    /// The approvals that earlier messages ask for.
    pub(super) approvals: HashSet<String>,
    /// Whether the client wants one document in place of a stream.
    pub(super) whole: bool,
    /// Whether the client wants to know the tokens used; `None` if it did not say.
    pub(super) usage: Option<bool>,
    /// Whether this is a `GET`, which has no messages.
    has_no_messages: bool,
}

impl Asked {
    /// Without any id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets AG-UI's `threadId`.
    #[must_use]
    pub fn thread_id(self, id: impl Into<String>) -> Self {
        Self { thread_id: Some(id.into()), ..self }
    }

    /// Sets AG-UI's `runId`.
    #[must_use]
    pub fn run_id(self, id: impl Into<String>) -> Self {
        Self { run_id: Some(id.into()), ..self }
    }

    /// Sets the id of the message that answers.
    #[must_use]
    pub fn message_id(self, id: impl Into<String>) -> Self {
        Self { message_id: Some(id.into()), ..self }
    }

    /// Sets the model that answers, for the protocols that name it.
    #[must_use]
    pub fn model(self, name: impl Into<String>) -> Self {
        Self { model: Some(name.into()), ..self }
    }

    /// Adds the id of a tool call of an earlier message, whose result may come in this answer.
    #[must_use]
    pub fn tool_call(mut self, id: impl Into<String>) -> Self {
        self.calls.insert(id.into());
        self
    }

    pub(super) fn of(request: &Parts) -> Arc<Self> {
        let asked = request.extensions.get::<Self>().cloned().unwrap_or_default();
        Arc::new(Self { has_no_messages: request.method == Method::GET, ..asked })
    }

    pub(super) const fn has_no_messages(&self) -> bool {
        self.has_no_messages
    }
}

/// An id that nobody else has.
pub(super) fn new_id(prefix: &str) -> String {
    format!("{prefix}{:032x}", u128::from_ne_bytes(random::bytes()))
}

/// The seconds since 1970, as OpenAI's protocols tell the time.
pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
