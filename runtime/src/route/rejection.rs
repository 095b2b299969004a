//! Rejections as problem documents (RFC 9457), for controllers that say `problems`.

use axum::{
    http::header::{CONTENT_LENGTH, CONTENT_TYPE},
    response::Response,
};

use crate::engine::failure::Failure;

/// The same answer as a problem document, with its status and its other headers. An answer that is one already stays, and
/// so does a redirect to a login page: it is no failure.
pub(super) async fn as_problem(early: Response) -> Response {
    let is_failure = early.status().is_client_error() || early.status().is_server_error();
    let is_problem = early.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/problem+json");
    if !is_failure || is_problem {
        return early;
    }
    let (head, body) = early.into_parts();
    let problem = Failure::returned(Response::from_parts(head.clone(), body)).into_problem().await.to_response();
    let (described, body) = problem.into_parts();
    let mut response = Response::from_parts(head, body);
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().extend(described.headers);
    response
}
