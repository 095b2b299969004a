//! Problem documents (RFC 9457): the description of a failure that its client gets.

use axum::{
    body::{Body, Bytes},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
        response::Parts,
    },
    response::{IntoResponse as _, Response},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::retry;

/// The most bytes to read of an error's response for a problem document.
const DETAIL_LIMIT: usize = 64 * 1024;

pub(crate) const UNREADABLE: &str = "the error's own description could not be read";

/// A problem document (RFC 9457): the members `type`, `title` and `status`, and whatever the error adds to them.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    members: Map<String, Value>,
    ended_by: EndedBy,
    /// Whether the client should try again in a moment.
    retry_after: bool,
}

/// The side that ended an action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndedBy {
    /// The action itself: it returned an error, panicked, or sent a packet that could not be written. A run that has
    /// lost its server counts as this too.
    #[default]
    Failure,
    /// Its `timeout`.
    Timeout,
    /// A client, which cancelled the run, or all clients, which abandoned it.
    Cancel,
    /// Its server, which is stopping. The client may come back, to another server; a run is lost, and has to be started
    /// anew.
    Shutdown,
}

impl Problem {
    /// Fills in the members that the error left out. The response's status wins over a `status` member.
    pub(crate) fn new(status: StatusCode, mut members: Map<String, Value>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        members.entry("type").or_insert_with(|| "about:blank".into());
        members.entry("title").or_insert_with(|| title.into());
        members.insert("status".into(), status.as_u16().into());
        Self { status, members, ended_by: EndedBy::Failure, retry_after: false }
    }

    /// The answer if no stream can be had for now, because the server is full or stopping.
    pub(crate) fn unavailable(why: &str) -> Self {
        Self::with_detail(StatusCode::SERVICE_UNAVAILABLE, why).retried()
    }

    /// The answer to a client that left before its request had arrived. Only a layer on the way can read it.
    pub(crate) fn of_broken_request() -> Self {
        Self::with_detail(StatusCode::BAD_REQUEST, "the request broke off")
    }

    /// A problem with this `detail` and nothing else.
    pub(crate) fn with_detail(status: StatusCode, text: &str) -> Self {
        Self::new(status, detail(text.into()))
    }

    /// A problem of a run; its type ends in `kind`.
    pub(crate) fn run(kind: &str, status: StatusCode, text: &str) -> Self {
        Self::with_detail(status, text).with("type", format!("urn:outflow:run/{kind}"))
    }

    /// The same problem, ended by this side.
    pub(crate) fn ended_by_side(self, ended_by: EndedBy) -> Self {
        Self { ended_by, ..self }
    }

    /// The same problem, answered with `Retry-After`.
    pub(crate) fn retried(self) -> Self {
        Self { retry_after: true, ..self }
    }

    /// The same problem with one more member.
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

    /// The side that ended the action.
    pub fn ended_by(&self) -> EndedBy {
        self.ended_by
    }

    /// The problem's title.
    pub fn title(&self) -> &str {
        self.members.get("title").and_then(Value::as_str).unwrap_or_default()
    }

    /// The explanation of this occurrence, if the error gives one.
    pub fn detail(&self) -> Option<&str> {
        self.members.get("detail").and_then(Value::as_str)
    }

    /// The document as JSON.
    pub fn to_json(&self) -> String {
        json!(self.members).to_string()
    }

    /// The document as a response of its own.
    pub(crate) fn to_response(&self) -> Response {
        let headers = [(CONTENT_TYPE, "application/problem+json"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
        let mut response = (self.status, headers, self.to_json()).into_response();
        if self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, retry::RETRY_AFTER.as_secs().into());
        }
        response
    }
}

/// A failure in both forms that its client may get.
#[derive(Debug)]
pub(crate) struct FailureParts {
    pub(crate) problem: Problem,
    /// The error's own response, for a failure before the first packet.
    pub(crate) response: Option<(Parts, Bytes)>,
}

impl FailureParts {
    /// The problem that a response describes: its JSON object as it is, its text as `detail`. Its headers are left out,
    /// because the response that carries the stream has its own.
    pub(crate) async fn of(response: Response) -> Self {
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

/// The status of a failure that is the whole answer. A redirect may stay. A success would be taken for the result; 304
/// and a status below 200 answer requests that the client has not made (RFC 9110, sections 15.2 and 15.4.5).
pub(crate) fn failing_early(status: StatusCode) -> StatusCode {
    let is_redirect = status.is_redirection() && status != StatusCode::NOT_MODIFIED;
    if is_redirect { status } else { failing(status) }
}

/// The status of a failure within a stream, which never reads as a success.
pub(crate) fn failing(status: StatusCode) -> StatusCode {
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

pub(crate) fn detail(value: Value) -> Map<String, Value> {
    Map::from_iter([("detail".to_owned(), value)])
}
