//! The refusal of a client that may come back: there is no room for its stream, say, or the server is stopping.

use std::time::Duration;

use axum::{
    http::{
        HeaderValue, StatusCode, Version,
        header::{CONNECTION, RETRY_AFTER, VARY},
    },
    response::{IntoResponse as _, Response},
};

use crate::{
    format::{
        VARY as ON_FORMAT,
        error_response::in_words,
        negotiate::Negotiated,
        problem::Problem,
        representation::SSE,
        sse::{self, Sse},
        stream_headers,
    },
    retry::{TurnedAway, come_back_after},
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

/// The same answer for an `EventSource` that comes back: if it is to try again later, whoever says so, an empty stream
/// that tells it when.
pub(crate) fn for_event_source(response: Response) -> Response {
    let is_refusal = matches!(response.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
    let Some(after) = response.headers().get(RETRY_AFTER).filter(|_| is_refusal) else { return response };
    // It may also be a date.
    let seconds = after.to_str().ok().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    let delay = come_back_after().max(Duration::from_secs(seconds));
    let mut stream = (stream_headers(&SSE, &Sse::default()), sse::retry(delay)).into_response();
    for name in [CONNECTION, VARY] {
        if let Some(value) = response.headers().get(&name) {
            stream.headers_mut().insert(name, value.clone());
        }
    }
    stream
}
