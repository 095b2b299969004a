//! The problem that an error's own response describes.

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED,
        },
        response::Parts,
    },
    response::Response,
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::problem::Problem;

/// The most bytes to read of an error's response for a problem document.
const DETAIL_LIMIT: usize = 64 * 1024;

const UNREADABLE: &str = "the error's own description could not be read";

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
        Self { problem: Problem::of_members(status, members), response: body.ok().map(|body| (head, body)) }
    }
}

impl From<Problem> for FailureParts {
    fn from(problem: Problem) -> Self {
        Self { problem, response: None }
    }
}

/// A failure that is the whole answer, in the words of a format: the response with another body. A redirect stays as it is.
pub(crate) fn in_words(words: fn(&Problem) -> String, problem: &Problem, mut response: Response) -> Response {
    *response.status_mut() = failing_early(response.status());
    if response.status().is_redirection() {
        return response;
    }
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = Body::from(words(problem));
    response
}

/// Removes the headers that describe a body which is replaced.
pub(crate) fn forget_body(headers: &mut HeaderMap) {
    for name in [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE, ETAG, LAST_MODIFIED] {
        headers.remove(name);
    }
}

/// The problem of an error whose response could not be read.
pub(crate) fn unreadable(status: StatusCode) -> Problem {
    Problem::of_members(status, detail(UNREADABLE.into()))
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

fn detail(value: Value) -> Map<String, Value> {
    Map::from_iter([("detail".to_owned(), value)])
}
