//! The refusal of a client that may come back: there is no room for its stream, or the server is stopping.

use std::time::Duration;

use axum::{
    http::{
        HeaderValue, StatusCode, Version,
        header::{CACHE_CONTROL, CONNECTION, RETRY_AFTER, VARY},
    },
    response::Response,
};

use crate::{
    format::{
        VARY as ON_FORMAT,
        error_response::{forget_body, in_words},
        negotiate::Negotiated,
        problem::Problem,
        representation::SSE,
        sse::{self, Sse},
        stream_headers,
    },
    retry::{self, TurnedAway, come_back_after},
};

/// The form that a refusal takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    version: Version,
    /// How the format writes it, if not as a problem document.
    words: Option<fn(&Problem) -> String>,
}

impl Refusal {
    pub(crate) fn new(negotiated: &Negotiated) -> Self {
        Self { version: negotiated.version, words: negotiated.early_failure() }
    }

    /// 503, or 429, with `Retry-After`.
    pub(crate) fn into_response(self, why: TurnedAway) -> Response {
        let problem = Problem::new(why.status()).with_detail(why.detail()).retried();
        let response = problem.to_response();
        let mut response = match self.words {
            Some(words) => in_words(words, &problem, response),
            None => response,
        };
        response.headers_mut().insert(VARY, ON_FORMAT);
        // HTTP/2 has no header that closes a connection.
        if self.version <= Version::HTTP_11 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// The longest delay that an `EventSource` is given: it keeps it for all its later reconnects.
const LONGEST: Duration = Duration::from_secs(30);

/// A 503 or 429 with `Retry-After`, as an `EventSource` that comes back can take it: an empty stream that says when to try
/// again. Any other answer stays as it is.
pub(crate) fn for_event_source(mut response: Response) -> Response {
    let is_refusal = matches!(response.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
    let headers = response.headers_mut();
    let Some(after) = headers.get(RETRY_AFTER).filter(|_| is_refusal) else { return response };
    // It may also be a date.
    let seconds = after.to_str().ok().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    let delay = come_back_after() + Duration::from_secs(seconds).min(LONGEST).saturating_sub(retry::RETRY_AFTER);
    headers.remove(RETRY_AFTER);
    forget_body(headers);
    let mut of_stream = stream_headers(&SSE, &Sse::default());
    // What the answer says itself counts, such as `no-store`.
    for name in [CACHE_CONTROL, VARY] {
        if headers.contains_key(&name) {
            of_stream.remove(name);
        }
    }
    headers.extend(of_stream);
    *response.status_mut() = StatusCode::OK;
    *response.body_mut() = sse::retry(delay).into();
    response
}
