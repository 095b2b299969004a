//! What goes wrong with runs, as its clients are told.

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER},
    },
    response::Response,
};

use serde_json::Value;

use super::{
    id::RunId,
    log::{ClaimError, RunLog, RunState, Seq, Unavailable},
    record::{self, End, Record},
};
use crate::{drain, problem::Problem};

/// Packets that a client has not seen are kept no more.
pub(super) fn gone() -> Problem {
    Problem::run("gone", StatusCode::GONE, "packets of the run are kept no more")
}

/// The same with what there is still: the first packet that is kept, and how the run ended.
pub(super) async fn gone_but(log: &dyn RunLog, run: &RunId, first: Seq) -> Problem {
    let problem = gone().with("first", first);
    let end = match log.meta(run).await {
        Ok(Some(known)) if known.state != RunState::Open => log.read(run, known.tail - 1, 1).await,
        _ => return problem,
    };
    let json = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap_or_default();
    let end = end.map(|page| page.records).unwrap_or_default();
    match end.iter().next().map(record::read) {
        Some(Record::End(End::Done(result))) => problem.with("result", result.map(|result| json(&result))),
        Some(Record::End(End::Failed(failed, _))) => problem.with("error", json(failed.to_json().as_bytes())),
        Some(Record::Packet(_)) | None => problem,
    }
}

/// The run did not come to an end of its own.
pub(super) fn lost(why: &str) -> Problem {
    Problem::run("lost", StatusCode::SERVICE_UNAVAILABLE, why)
}

pub(super) fn cancelled(why: &str) -> Problem {
    Problem::run("cancelled", StatusCode::GONE, why)
}

/// The run is too large, or all runs together are.
pub(super) fn full() -> Problem {
    Problem::run("full", StatusCode::INSUFFICIENT_STORAGE, "the run has become too large")
}

/// The client's number is larger than any in the log, which may still grow.
pub(super) fn ahead(tail: Seq) -> Response {
    let problem = Problem::run("ahead", StatusCode::CONFLICT, "the log does not reach so far");
    let mut response = problem.with("tail", tail).to_response();
    response.headers_mut().insert(RETRY_AFTER, 1.into());
    response
}

/// The same of a log that has ended: what the client has is all that there is of the run.
pub(super) fn lost_behind(tail: Seq) -> Response {
    let problem = Problem::run("lost", StatusCode::CONFLICT, "the log ends before this number");
    problem.with("tail", tail).to_response()
}

/// The same answer for a run that is not there and for one that is not this client's.
pub(super) fn unknown() -> Response {
    Problem::told(StatusCode::NOT_FOUND, "there is no such run").to_response()
}

/// The owner has as many runs open as it may.
pub(super) fn too_many_runs() -> Response {
    let detail = "as many runs of yours are open as may be at once: wait for one to end, or cancel it";
    in_a_while(&Problem::run("too-many", StatusCode::TOO_MANY_REQUESTS, detail))
}

pub(super) fn too_many_followers() -> Response {
    in_a_while(&Problem::told(StatusCode::SERVICE_UNAVAILABLE, "too many follow this run already"))
}

fn in_a_while(problem: &Problem) -> Response {
    let mut response = problem.to_response();
    response.headers_mut().insert(RETRY_AFTER, drain::RETRY_AFTER.as_secs().into());
    response
}

pub(super) fn not_bound(error: ClaimError) -> Response {
    match error {
        ClaimError::Mismatch => {
            let detail = "this key has started a run by another request: use a new key for a new request";
            Problem::told(StatusCode::UNPROCESSABLE_ENTITY, detail).to_response()
        }
        ClaimError::Unavailable(why) => unavailable(&why),
    }
}

pub(super) fn unavailable(why: &Unavailable) -> Response {
    tracing::warn!(%why, "a run can't be reached");
    Problem::unavailable("the log of runs is not available").to_response()
}

/// No answer about a run is stored on the way. All of them go through here.
pub(crate) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    response
}
