//! The problems of runs, as their clients read them.

use std::fmt::Display;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER},
    },
    response::Response,
};

use crate::{
    format::problem::{EndedBy, Problem},
    log_gate::LogGate,
    retry,
};

/// Packets that the client has not seen have been dropped.
pub(super) fn gone() -> Problem {
    Problem::run("gone", StatusCode::GONE, "packets of this run have been dropped already")
}

/// The right to follow the run was taken away.
pub(super) fn revoked() -> Problem {
    Problem::new(StatusCode::FORBIDDEN).with_detail("you may not follow this run any more")
}

/// The run did not end by itself.
pub(super) fn lost(why: &str) -> Problem {
    Problem::run("lost", StatusCode::SERVICE_UNAVAILABLE, why)
}

/// The server of the run is stopping, and has ended it.
pub(super) fn shutting_down() -> Problem {
    lost(retry::SHUTTING_DOWN).ended_by_side(EndedBy::Shutdown)
}

/// The writer of the run has vanished.
pub(super) fn orphaned() -> Problem {
    lost("the run has lost its server")
}

/// A client cancelled the run.
pub(super) fn cancelled() -> Problem {
    ended_by_clients("the run was cancelled")
}

/// Nobody followed the run for too long.
pub(super) fn abandoned() -> Problem {
    ended_by_clients("nobody followed the run")
}

fn ended_by_clients(why: &str) -> Problem {
    Problem::run("cancelled", StatusCode::GONE, why).ended_by_side(EndedBy::Cancel)
}

/// The run is too large, or all runs together are.
pub(super) fn full() -> Problem {
    Problem::run("full", StatusCode::INSUFFICIENT_STORAGE, "the run has become too large")
}

/// The client's number is larger than any in the log, which may still grow.
pub(super) fn ahead(tail: u64) -> Response {
    let problem = Problem::run("ahead", StatusCode::CONFLICT, "the log has not reached this number yet");
    let mut response = problem.with("tail", tail).to_response();
    response.headers_mut().insert(RETRY_AFTER, 1.into());
    response
}

/// The client's number is larger than any in a log that has ended: the client has all that there is of the run.
pub(super) fn lost_behind(tail: u64) -> Response {
    let problem = Problem::run("lost", StatusCode::CONFLICT, "the log ends before this number");
    problem.with("tail", tail).to_response()
}

/// The same answer for a run that does not exist and for one of another client.
pub(super) fn unknown() -> Response {
    Problem::new(StatusCode::NOT_FOUND).with_detail("there is no such run").to_response()
}

/// A run of the name is open.
pub(super) fn name_taken() -> Response {
    let detail =
        "a run of this name is open: follow it with `GET` on `…/stream` under this path, or stop it with `DELETE`";
    Problem::run("open", StatusCode::CONFLICT, detail).to_response()
}

/// The owner has as many runs open as allowed.
pub(super) fn too_many_runs() -> Response {
    let detail = "you have reached the limit of open runs: wait for one to end, or cancel one";
    in_a_while(&Problem::run("too-many", StatusCode::TOO_MANY_REQUESTS, detail))
}

pub(super) fn too_many_followers() -> Response {
    let detail = "this run has reached its limit of followers: try again in a moment";
    in_a_while(&Problem::new(StatusCode::SERVICE_UNAVAILABLE).with_detail(detail))
}

fn in_a_while(problem: &Problem) -> Response {
    let mut response = problem.to_response();
    response.headers_mut().insert(RETRY_AFTER, retry::RETRY_AFTER.as_secs().into());
    response
}

/// The key is bound to another request.
pub(super) fn mismatch() -> Response {
    let detail = "this key has already started a run with a different request: use a new key for a new request";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY).with_detail(detail).to_response()
}

/// The log can't be reached.
pub(super) fn unavailable(why: &dyn Display) -> Response {
    static GATE: LogGate = LogGate::new();
    if let Some(suppressed) = GATE.pass() {
        tracing::warn!(%why, suppressed, "a run can't be reached");
    }
    Problem::unavailable("the log of runs is not available").to_response()
}

/// Keeps an answer about a run from being stored on the way. All of them go through here.
pub(crate) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    response
}
