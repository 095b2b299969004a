//! The refusal of a client: there is no room for its stream, or the server is stopping.

use axum::{
    http::{
        HeaderValue, Version,
        header::{CONNECTION, VARY},
    },
    response::{IntoResponse as _, Response},
};

use crate::{
    format::{
        SSE, VARY as ON_FORMAT,
        error_response::in_words,
        negotiate::Negotiated,
        problem::Problem,
        sse::{self, Sse},
        stream_headers,
    },
    retry::{TurnedAway, come_back_after},
};

/// The form that a refusal takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    /// An `EventSource` that comes back gives up for good on a 503 (WHATWG HTML, section 9.2.3).
    is_event_source: bool,
    version: Version,
    /// How the format writes it, if not as a problem document.
    words: Option<fn(&Problem) -> String>,
}

impl Refusal {
    pub(crate) fn new(negotiated: &Negotiated) -> Self {
        let is_event_source = negotiated.last_event_id.is_some() && negotiated.format.is_event_stream();
        Self { is_event_source, version: negotiated.version, words: negotiated.early_failure() }
    }

    /// 503, or 429, with `Retry-After`; for an `EventSource` that comes back an empty stream that tells it when to try again.
    pub(crate) fn into_response(self, why: TurnedAway) -> Response {
        let mut response = if self.is_event_source {
            (stream_headers(&SSE, &Sse::default()), sse::retry(come_back_after())).into_response()
        } else {
            let problem = Problem::new(why.status()).with_detail(why.detail()).retried();
            let response = problem.to_response();
            match self.words {
                Some(words) => in_words(words, &problem, response),
                None => response,
            }
        };
        response.headers_mut().insert(VARY, ON_FORMAT);
        // HTTP/2 has no header that closes a connection.
        if self.version <= Version::HTTP_11 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
