//! From a request to a follower: what one who follows a run is answered.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use super::{
    follower::Follower,
    followers::Following,
    id::RunId,
    log::{RunInfo, RunLog, RunState, Seq},
    problem,
    record::{self, End, Record},
};
use crate::{
    account::{Account, Labels},
    drain::Drain,
    format::{Representation, stream_headers},
    options::Options,
    problem::Problem,
};

/// Of one client to one run.
pub(super) struct Subscription {
    pub(super) log: Arc<dyn RunLog>,
    pub(super) run: RunId,
    pub(super) following: Following,
    pub(super) options: &'static Options,
    pub(super) format: Representation,
    pub(super) labels: Labels,
    pub(super) drain: Option<Drain>,
}

impl Subscription {
    /// The answer to the request that starts the run, or would have. Its head is held like that of any action.
    pub(super) async fn first(self, segment: String, key: Option<String>, cursor: Seq) -> Response {
        let early = if cursor == 0 { self.early_failure().await } else { None };
        let location = self.location(&segment);
        let mut response = match early {
            Some((state, mut failed)) => {
                failed.headers_mut().insert("run-state", HeaderValue::from_static(state.name()));
                failed
            }
            None => self.respond(cursor),
        };
        let headers = response.headers_mut();
        headers.extend(location.map(|location| (LOCATION, location)));
        if let Some(key) = key.and_then(|key| HeaderValue::try_from(key).ok()) {
            headers.insert("run-key", key);
        }
        response
    }

    /// Says in an answer where the run is, for a client that has lost the answer which said so first.
    pub(super) fn located(&self, segment: &str, mut response: Response) -> Response {
        response.headers_mut().extend(self.location(segment).map(|location| (LOCATION, location)));
        response
    }

    /// Relative to the request, so that proxies and routers that strip a prefix keep it right.
    fn location(&self, segment: &str) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("./{segment}/runs/{}", self.run).replace("//", "/")).ok()
    }

    /// Waits for the first record, and gives the answer of a run that failed before its first packet, was cancelled or
    /// is lost.
    async fn early_failure(&self) -> Option<(RunState, Response)> {
        let deadline = Instant::now() + self.options.open_after;
        let mut changes = self.log.changes(&self.run);
        loop {
            let page = self.log.read(&self.run, 0, 1).await.ok()?;
            if let Some(first) = page.records.iter().next() {
                return match record::read(first) {
                    Record::End(End::Failed(problem, early)) => {
                        let answer = early.map_or_else(|| problem.to_response(), record::Early::into_response);
                        Some((page.state, answer))
                    }
                    _ => None,
                };
            }
            timeout_at(deadline, changes.next()).await.ok()?;
        }
    }

    pub(super) fn respond(self, cursor: Seq) -> Response {
        let format = (self.format.writer)();
        let headers = stream_headers(self.format, &*format);
        let follower = Follower {
            log: self.log,
            run: self.run,
            last: cursor,
            format,
            heartbeat: self.options.heartbeat,
            drain: self.drain,
            following: self.following,
            account: Account::open(self.labels),
        };
        let mut response = Response::new(Body::from_stream(follower.into_stream()));
        *response.headers_mut() = headers;
        response
    }

    /// Why there is nothing to follow from this number on, if there is not.
    pub(super) async fn refusal(&self, known: &RunInfo, cursor: Seq) -> Option<Response> {
        let RunInfo { state, tail, first, .. } = *known;
        let is_open = state == RunState::Open;
        let resumes_midway = self.format.resumes_midway;
        if is_open && cursor > tail {
            return Some(problem::ahead(tail));
        }
        // The end of a lost run may have the number of a packet that the log has lost and the client has.
        if !is_open && cursor > tail || state == RunState::Lost && cursor == tail {
            return Some(problem::lost_behind(tail));
        }
        if !is_open && cursor == tail {
            return Some(StatusCode::NO_CONTENT.into_response());
        }
        if cursor + 1 < first {
            return Some(problem::gone_but(&*self.log, &self.run, first).await.to_response());
        }
        if cursor > 0 && !resumes_midway {
            let detail = "this format has no numbers: follow it from the start, without a cursor";
            return Some(Problem::told(StatusCode::BAD_REQUEST, detail).to_response());
        }
        None
    }
}

/// Closes a run whose writer has vanished: who asks for it may be the only one who ever does.
pub(super) async fn up_to_date(log: &dyn RunLog, run: &RunId, known: RunInfo) -> Result<RunInfo, Response> {
    let unavailable = |why| problem::unavailable(&why);
    if known.state != RunState::Open || !log.reap(run, record::ended(RunState::Lost)).await.map_err(unavailable)? {
        return Ok(known);
    }
    Ok(log.meta(run).await.map_err(unavailable)?.unwrap_or(known))
}
