//! The error an action ends with: an HTTP response before the first packet, a problem document after it.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
        response::Parts,
    },
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value, json};

use crate::{content::Unwritable, drain};

/// The most that is read of an error's response when it becomes a problem document.
const DETAIL_LIMIT: usize = 64 * 1024;

/// How long that may take. Such a body is there already, unless it comes from elsewhere.
const DETAIL_TIMEOUT: Duration = Duration::from_secs(5);

const UNREADABLE: &str = "the error's own description could not be read";

/// Why an action did not finish: the response of the error it returned, or what went wrong inside it.
///
/// What a client sees of it is a status and what the error itself says to its client; a panic's message and other
/// inner reasons stay in the log and in this type's `Display`.
pub struct Failure(Cause);

enum Cause {
    /// The action returned an error; this is its `IntoResponse`. Boxed, because it is rare and large.
    Returned(Box<Response>),
    /// The action broke. The reason is for the log.
    Broken(String),
    /// The action was ended from outside.
    Limit(Limit),
}

/// What ends an action from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Its `timeout` is over.
    Timeout,
    /// The grace period of its server is over.
    Shutdown,
    /// Its server stops, and it says `on_shutdown = close`.
    Close,
}

impl Limit {
    fn status(self) -> StatusCode {
        match self {
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Shutdown | Self::Close => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Timeout => "the action took too long",
            Self::Shutdown | Self::Close => drain::SHUTTING_DOWN,
        }
    }
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

    /// What ended the action from outside, if anything did.
    pub(crate) fn by_limit(&self) -> Option<Limit> {
        match self.0 {
            Cause::Limit(limit) => Some(limit),
            Cause::Returned(_) | Cause::Broken(_) => None,
        }
    }

    /// Whether its server ended the action because it stops.
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

    /// Tells the log what the client is not told. The span of the stream says which action it was.
    pub(crate) fn log(&self) {
        match &self.0 {
            Cause::Returned(response) => tracing::debug!(status = response.status().as_u16(), "the action failed"),
            Cause::Broken(reason) => tracing::error!(%reason, "the action failed"),
            Cause::Limit(Limit::Timeout) => tracing::warn!("the action took longer than its timeout"),
            Cause::Limit(Limit::Shutdown) => tracing::warn!("the action was ended by the end of the grace period"),
            Cause::Limit(Limit::Close) => tracing::debug!("the action was closed because the server stops"),
        }
    }

    /// The answer when nothing has been sent yet: the error's own response, status, headers and all. A status of
    /// success becomes 500.
    pub(crate) fn into_response(self) -> Response {
        match self.0 {
            Cause::Returned(mut response) => {
                // A redirect before the first packet is an answer; a success would be taken for the stream's.
                if response.status().is_success() {
                    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                }
                *response
            }
            Cause::Broken(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, Map::new()).to_response(),
            Cause::Limit(limit) => Problem::of_limit(limit).to_response(),
        }
    }

    /// The failure as the stream's last record: the same response as a problem document.
    pub(crate) async fn into_problem(self) -> Problem {
        self.into_parts().await.problem
    }

    /// The failure as a problem document, and the error's own response where it has one.
    pub(crate) async fn into_parts(self) -> FailureParts {
        match self.0 {
            Cause::Returned(response) => {
                let status = failing(response.status());
                let told = AssertUnwindSafe(FailureParts::of(*response)).catch_unwind();
                match tokio::time::timeout(DETAIL_TIMEOUT, told).await {
                    Ok(Ok(told)) => told,
                    Ok(Err(_)) | Err(_) => Problem::new(status, detail(UNREADABLE.into())).into(),
                }
            }
            Cause::Broken(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, Map::new()).into(),
            Cause::Limit(limit) => Problem::of_limit(limit).into(),
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

/// A problem document (RFC 9457): the members `type`, `title` and `status`, and what the error says beside them.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    members: Map<String, Value>,
    /// The server stops, and another one may take the client.
    is_shutdown: bool,
}

impl Problem {
    /// Fills in what the error left out. The response's status wins over a `status` member.
    fn new(status: StatusCode, mut members: Map<String, Value>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        members.entry("type").or_insert_with(|| "about:blank".into());
        members.entry("title").or_insert_with(|| title.into());
        members.insert("status".into(), status.as_u16().into());
        Self { status, members, is_shutdown: false }
    }

    /// The problem of an action that was ended from outside.
    pub(crate) fn of_limit(limit: Limit) -> Self {
        let problem = Self::new(limit.status(), detail(limit.detail().into()));
        Self { is_shutdown: limit != Limit::Timeout, ..problem }
    }

    /// No stream for now: `why` says whether the server is full or stops.
    pub(crate) fn unavailable(why: &str) -> Self {
        Self { is_shutdown: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail(why.into())) }
    }

    /// A problem that says this and nothing else.
    pub(crate) fn told(status: StatusCode, text: &str) -> Self {
        Self::new(status, detail(text.into()))
    }

    /// A problem of a run; its type ends in `kind`.
    pub(crate) fn run(kind: &str, status: StatusCode, text: &str) -> Self {
        Self::told(status, text).with("type", format!("urn:outflow:run/{kind}"))
    }

    /// The same with one more member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// A problem that was written by [`Problem::to_json`].
    pub(crate) fn of_json(json: Value) -> Self {
        let members = match json {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let status = members.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        Self::new(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), members)
    }

    /// The status of the failure.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether the server ended the action because it stops: the client may come back, to another server.
    pub fn is_shutdown(&self) -> bool {
        self.is_shutdown
    }

    /// The problem's title.
    pub fn title(&self) -> &str {
        self.members.get("title").and_then(Value::as_str).unwrap_or_default()
    }

    /// What the error says of this occurrence, if anything.
    pub fn detail(&self) -> Option<&str> {
        self.members.get("detail").and_then(Value::as_str)
    }

    /// The document as JSON.
    pub fn to_json(&self) -> String {
        json!(self.members).to_string()
    }

    /// The document as a response of its own.
    pub(crate) fn to_response(&self) -> Response {
        let mut response = (self.status, [(CONTENT_TYPE, "application/problem+json")], self.to_json()).into_response();
        if self.is_shutdown {
            response.headers_mut().insert(RETRY_AFTER, drain::RETRY_AFTER.as_secs().into());
        }
        response
    }
}

/// A failure as its client is told of it.
#[derive(Debug)]
pub(crate) struct FailureParts {
    pub(crate) problem: Problem,
    /// The error's own response, for a failure before the first packet.
    pub(crate) response: Option<(Parts, Bytes)>,
}

impl FailureParts {
    /// The problem that a response tells: its JSON object as it is, its text as `detail`. Headers are not among it,
    /// because the response that carries the stream has its own.
    async fn of(response: Response) -> Self {
        let status = failing(response.status());
        let is_json = is_json(&response);
        let (head, body) = response.into_parts();
        let body = read(body).await;
        let members = match &body {
            Ok(body) if is_json => match serde_json::from_slice(body) {
                Ok(Value::Object(members)) => members,
                Ok(other) => detail(other),
                Err(_) => text_detail(body),
            },
            Ok(body) => text_detail(body),
            Err(note) => detail((*note).into()),
        };
        Self { problem: Problem::new(status, members), response: body.ok().map(|body| (head, body)) }
    }
}

impl From<Problem> for FailureParts {
    fn from(problem: Problem) -> Self {
        Self { problem, response: None }
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

/// A failure never reads as a success.
fn failing(status: StatusCode) -> StatusCode {
    if status.as_u16() < 400 { StatusCode::INTERNAL_SERVER_ERROR } else { status }
}

fn is_json(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "application/json" || essence.ends_with("+json")
    })
}

async fn read(body: Body) -> Result<Bytes, &'static str> {
    match Limited::new(body, DETAIL_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err("the error's own description is longer than 64 KiB and was left out")
        }
        Err(_) => Err(UNREADABLE),
    }
}

fn text_detail(body: &[u8]) -> Map<String, Value> {
    match String::from_utf8_lossy(body) {
        text if text.is_empty() => Map::new(),
        text => detail(text.into()),
    }
}

fn detail(value: Value) -> Map<String, Value> {
    Map::from_iter([("detail".to_owned(), value)])
}
