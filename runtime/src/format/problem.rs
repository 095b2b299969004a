//! Problem documents (RFC 9457): the description of a failure that its client gets.

use std::fmt;

use axum::{
    http::{
        StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    packet::{gap::Gap, notice::Stop},
    retry,
};

/// The members that RFC 9457 defines, each with the method that sets it.
const STANDARD: [(&str, &str); 5] = [
    ("type", "Problem::with_type"),
    ("title", "Problem::with_title"),
    ("status", "Problem::new"),
    ("detail", "Problem::with_detail"),
    ("instance", "Problem::with_instance"),
];

/// A problem document (RFC 9457): a failure that a program can tell from others, and a person can read.
///
/// It is a response, `application/problem+json`, so it can be the error of an action or of any axum handler. Before the
/// first packet it is the whole answer; after it, the client gets the same document within the stream, in the formats
/// that can carry one.
///
/// A typed error becomes a problem by an `IntoResponse` of its own, and then it is the error of the action:
///
/// ```
/// use axum::{http::StatusCode, response::{IntoResponse, Response}};
/// use outflow::{Problem, action, controller};
///
/// enum OrderError {
///     SoldOut { left: u32 },
///     Unknown(String),
/// }
///
/// impl IntoResponse for OrderError {
///     fn into_response(self) -> Response {
///         match self {
///             Self::SoldOut { left } => Problem::new(StatusCode::CONFLICT).with_type("/problems/sold-out").with("left", left),
///             Self::Unknown(name) => Problem::new(StatusCode::NOT_FOUND).with_detail(format!("we don't sell {name}")),
///         }
///         .into_response()
///     }
/// }
///
/// struct Shop;
///
/// #[controller]
/// impl Shop {
///     #[action(post, path = "/{name}")]
///     async fn order(&self, name: String) -> Result<(), OrderError> {
///         if name != "tea" {
///             return Err(OrderError::Unknown(name));      // 404, application/problem+json
///         }
///         self.stream("looking for the tea");
///         Err(OrderError::SoldOut { left: 3 })            // event: error, with "left": 3
///     }
/// }
/// ```
///
/// With an `impl From<OrderError> for Problem` instead, `?` turns the error into a `Problem` in any method that returns
/// `Result<_, Problem>`.
///
/// Headers go around it, as around every response: `([(RETRY_AFTER, "5")], problem)` is one too. Formats without room
/// for a failure, such as `ndjson`, are cut after the first packet.
#[derive(Clone, Debug)]
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

/// Made by hand: the error of an action or a handler.
impl Problem {
    /// A problem with this status, of the type `about:blank`, whose title is the status in words.
    ///
    /// # Panics
    /// If the status is not one of a failure, from 400 to 599. Within an action that is a 500. Test a status that comes
    /// from elsewhere with `is_client_error()` and `is_server_error()` first.
    #[track_caller]
    pub fn new(status: StatusCode) -> Self {
        assert!(
            status.is_client_error() || status.is_server_error(),
            "{status} is not the status of a problem: use one from 400 to 599"
        );
        Self::of_members(status, Map::new())
    }

    /// Sets `type`: a URI that names this kind of problem, so that programs know it. It may be relative, and lead to a
    /// page for people.
    #[must_use]
    pub fn with_type(self, uri: impl fmt::Display) -> Self {
        self.set("type", uri.to_string())
    }

    /// Sets `title`: a few words for this kind of problem, the same at each occurrence.
    #[must_use]
    pub fn with_title(self, title: impl fmt::Display) -> Self {
        self.set("title", title.to_string())
    }

    /// Sets `detail`: this occurrence in words, for the one who has to do something about it. Clients see it, so it is
    /// no place for the inner reasons of a server.
    #[must_use]
    pub fn with_detail(self, text: impl fmt::Display) -> Self {
        self.set("detail", text.to_string())
    }

    /// Sets `instance`: a URI that names this occurrence, such as that of an order, or of a line in a log.
    #[must_use]
    pub fn with_instance(self, uri: impl fmt::Display) -> Self {
        self.set("instance", uri.to_string())
    }

    /// Sets an extension member: anything else that programs may want to know. A second call with the same name
    /// replaces the first. A value that can't be serialized is left out, and an error is logged.
    ///
    /// # Panics
    /// If the name is that of a member with a method of its own: `type`, `title`, `status`, `detail` or `instance`.
    #[must_use]
    #[track_caller]
    pub fn with(self, name: &str, value: impl Serialize) -> Self {
        if let Some((_, method)) = STANDARD.iter().find(|(standard, _)| *standard == name) {
            panic!("`{name}` is not an extension member of a problem: set it by `{method}`");
        }
        match serde_json::to_value(value) {
            Ok(value) => self.set(name, value),
            Err(error) => {
                tracing::error!(member = name, %error, "a member of a problem could not be written, and was left out");
                self
            }
        }
    }
}

impl Problem {
    /// Fills in the members that the error left out. The response's status wins over a `status` member.
    pub(crate) fn of_members(status: StatusCode, mut members: Map<String, Value>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        members.entry("type").or_insert_with(|| "about:blank".into());
        members.entry("title").or_insert_with(|| title.into());
        members.insert("status".into(), status.as_u16().into());
        Self { status, members, ended_by: EndedBy::Failure, retry_after: false }
    }

    /// The answer if no stream can be had for now, because the server is full or stopping.
    pub(crate) fn unavailable(why: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE).with_detail(why).retried()
    }

    /// The answer to a client that left before its request had arrived. Only a layer on the way can read it.
    pub(crate) fn of_broken_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST).with_detail("the request broke off")
    }

    /// A problem of a run; its type ends in `kind`.
    pub(crate) fn run(kind: &str, status: StatusCode, text: &str) -> Self {
        Self::new(status).with_type(format_args!("urn:outflow:run/{kind}")).with_detail(text)
    }

    /// The problem of packets that were missed, in a format that has no other way to say so.
    pub(crate) fn of_gap(gap: &Gap) -> Self {
        let detail = "the client fell behind, and packets that it missed are gone";
        let problem = Self::new(StatusCode::GONE).with_type("urn:outflow:gap").with_detail(detail);
        problem.with("missed", gap.missed()).with("first", gap.first())
    }

    /// The problem with which a stream ends an action.
    pub(crate) fn of_stop(stop: &Stop) -> Self {
        if let Some(gap) = &stop.gap {
            return Self::of_gap(gap);
        }
        let problem = Self::new(stop.status).with_detail(&stop.detail);
        if stop.status == StatusCode::SERVICE_UNAVAILABLE { problem.retried() } else { problem }
    }

    /// The same problem, ended by this side.
    pub(crate) fn ended_by_side(self, ended_by: EndedBy) -> Self {
        Self { ended_by, ..self }
    }

    /// The same problem, answered with `Retry-After`.
    pub(crate) fn retried(self) -> Self {
        Self { retry_after: true, ..self }
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
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
        Self::of_members(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), members)
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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.to_response()
    }
}

/// The status, with the detail if there is one, or else the title.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.as_u16(), self.detail().unwrap_or_else(|| self.title()))
    }
}

impl std::error::Error for Problem {}
