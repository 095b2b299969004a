//! Rejections as problem documents (RFC 9457), for controllers that say `problems`, and within the stream, for clients
//! that wait for an `end_event`.

use axum::{
    http::{
        Method,
        header::{CONTENT_TYPE, RETRY_AFTER},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
};

use crate::{
    engine::failure::Failure,
    format::{
        error_response::forget_body,
        negotiate::{Negotiated, negotiate},
        representation::Offered,
        stream_headers,
    },
};

/// The format of a client that waits for an `end_event`, looked up before the arguments take the request apart.
pub(super) fn waits_for_end(request: &Parts, formats: Offered) -> Option<Negotiated> {
    if formats.end_event.is_none() || request.method == Method::HEAD {
        return None;
    }
    negotiate(request, formats).ok().filter(|format| format.end_event.is_some())
}

/// The same answer as a stream that failed. One with `Retry-After` stays: its client may come back.
pub(super) async fn in_stream(early: Response, format: Negotiated) -> Response {
    if !is_failure(&early) || early.headers().contains_key(RETRY_AFTER) {
        return early;
    }
    let problem = Failure::returned(early).into_problem().await;
    let representation = format.format;
    let mut format = format.into_writer();
    let mut bytes = Vec::new();
    format.begin(&mut bytes);
    format.failed(&problem, &mut bytes);
    (stream_headers(representation, &*format), bytes).into_response()
}

/// The same answer as a problem document, with its status and its other headers. An answer that is one already stays, and
/// so does a redirect to a login page: it is no failure.
pub(super) async fn as_problem(early: Response) -> Response {
    let is_problem = early.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/problem+json");
    if !is_failure(&early) || is_problem {
        return early;
    }
    let (head, body) = early.into_parts();
    let problem = Failure::returned(Response::from_parts(head.clone(), body)).into_problem().await.to_response();
    let (described, body) = problem.into_parts();
    let mut response = Response::from_parts(head, body);
    forget_body(response.headers_mut());
    response.headers_mut().extend(described.headers);
    response
}

fn is_failure(response: &Response) -> bool {
    response.status().is_client_error() || response.status().is_server_error()
}
