//! The answer to one client that follows a run.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    follower::Follower,
    reader::{Reader, gone},
};
use crate::{
    format::{error_response::in_words, negotiate::Negotiated, problem::Problem, stream_headers},
    head::{
        held::HeldHead,
        parts::{HeadParts, SavedAs},
    },
    options::Resumable,
    response::body::{Heartbeat, StreamBody},
    run::{
        Runs,
        context::RunContext,
        followers::Following,
        log::{
            RunInfo, RunLog, RunState, Seq,
            id::{Digest, RunId},
            record::{self, EarlyResponse, End, Record},
        },
        problem,
    },
};

/// The time for one read of a run's first record. Reading from Redis takes time even if the head is not held. A log
/// that takes longer has trouble of its own, and the response goes without the head of the run.
const READ: Duration = Duration::from_secs(1);

/// One client's subscription to one run: everything needed to answer it.
pub(crate) struct Subscription {
    context: RunContext,
    run: RunId,
    following: Following,
    format: Negotiated,
}

impl Subscription {
    /// Adds a follower to a run.
    ///
    /// # Errors
    /// 503 if the run has as many followers as it may.
    pub(crate) fn new(
        context: RunContext,
        run: RunId,
        owner: Option<Digest>,
        format: Negotiated,
    ) -> Result<Self, Response> {
        let Resumable { max_followers, abandon_after, .. } = *context.resumable;
        let Runs { log, followers } = &context.runs;
        let following = followers.enter(log, &run, owner, max_followers, abandon_after.is_some());
        let following = following.ok_or_else(problem::too_many_followers)?;
        Ok(Self { context, run, following, format })
    }

    /// The answer to the request that starts the run, or would have. Its head is held like that of any action.
    /// `segment` is the last segment of the action's path, `key` a key that the server made, and `head` that of a new run.
    pub(crate) async fn start(
        self,
        segment: &str,
        key: Option<String>,
        cursor: Seq,
        head: Option<HeldHead>,
    ) -> Response {
        let location = location(segment, &self.run);
        let first = if cursor == 0 { self.first_record(true).await } else { None };
        let early = match self.format.end_event {
            Some(_) => None,
            None => first
                .as_ref()
                .and_then(|(state, first)| Some((*state, early_failure(first, self.format.early_failure())?))),
        };
        let mut response = match early {
            Some((state, mut failed)) => {
                failed.headers_mut().insert("run-state", HeaderValue::from_static(state.name()));
                failed
            }
            None => {
                let kept = || first.and_then(|(_, first)| record::read_head(&first));
                self.respond(cursor, head.map(|head| head.leave()).or_else(kept))
            }
        };
        let headers = response.headers_mut();
        headers.extend(location.map(|location| (LOCATION, location)));
        if let Some(key) = key.and_then(|key| HeaderValue::try_from(key).ok()) {
            headers.insert("run-key", key);
        }
        response
    }

    /// Adds the place of the run to an answer, for a client that has lost the first answer with it.
    pub(crate) fn located(&self, segment: &str, mut response: Response) -> Response {
        response.headers_mut().extend(location(segment, &self.run).map(|location| (LOCATION, location)));
        response
    }

    /// Reads the first record, and waits for it, as long as a head is held, if it is not there yet. Also returns the state
    /// of the run.
    async fn first_record(&self, waits: bool) -> Option<(RunState, Bytes)> {
        let deadline = Instant::now() + self.context.options.open_after;
        let log = &self.context.runs.log;
        let mut changes = log.changes(&self.run);
        loop {
            let page = timeout(READ, self.following.read(log, 0, 1)).await.ok()?.ok()?;
            if let Some(first) = page.records.iter().next() {
                return Some((page.state, Bytes::copy_from_slice(first)));
            }
            if !waits {
                return None;
            }
            timeout_at(deadline, changes.next()).await.ok()?;
        }
    }

    /// The response to a client that follows the run after this number. One from the start has the head of the run, which
    /// is kept with the first record. Only an action that takes its head is worth a wait for it.
    pub(crate) async fn follow(self, cursor: Seq) -> Response {
        let waits = self.context.options.has_head;
        let first = if cursor == 0 { self.first_record(waits).await } else { None };
        self.respond(cursor, first.and_then(|(_, first)| record::read_head(&first)))
    }

    /// The response that goes on after this number.
    fn respond(self, cursor: Seq, head: Option<HeadParts>) -> Response {
        let Self { context, run, following, format: negotiated } = self;
        let (representation, version) = (negotiated.format, negotiated.version);
        let format = negotiated.into_writer();
        let headers = stream_headers(representation, &*format);
        let heartbeat = Heartbeat::new(format.heartbeat(), context.options.heartbeat);
        let span = context.open_span(representation.name);
        let saved = SavedAs::of(representation, &*format);
        let wants_first = format.resume_needs_first();
        let RunContext { runs, drain, options, .. } = context;
        let max_age = options.max_age;
        let reader = Reader { log: runs.log, run, following, last: cursor, wants_first, drain, max_age };
        let follower = Follower::new(reader, format, span);
        let mut response = Response::new(Body::new(StreamBody::new(None, follower, heartbeat, version)));
        *response.headers_mut() = headers;
        if let Some(head) = head {
            head.put(saved, &mut response);
        }
        response
    }

    /// The answer if there is nothing to follow after this number.
    pub(crate) async fn refusal(&self, info: &RunInfo, cursor: Seq) -> Option<Response> {
        let RunInfo { state, tail, first, .. } = *info;
        let is_open = state == RunState::Open;
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
            return Some(gone(&*self.context.runs.log, &self.run, first).await.to_response());
        }
        if cursor > 0 && !self.format.format.resumes_midway {
            let detail = "this format has no numbers: follow it from the start, without a cursor";
            return Some(Problem::new(StatusCode::BAD_REQUEST).with_detail(detail).to_response());
        }
        None
    }
}

/// The location of a run, relative to the request, so that it stays right if a proxy or a router strips a prefix.
/// `segment` is the last segment of the request's path, unless its place is beside `runs`.
pub(super) fn location(segment: &str, run: &RunId) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("./{segment}/runs/{run}").replace("//", "/")).ok()
}

/// The answer of a run that failed before its first packet, was cancelled or is lost.
fn early_failure(first: &[u8], words: Option<fn(&Problem) -> String>) -> Option<Response> {
    match record::read(first) {
        Record::End(End::Failed(problem, early)) => {
            let response = early.map_or_else(|| problem.to_response(), EarlyResponse::into_response);
            Some(match words {
                Some(words) => in_words(words, &problem, response),
                None => response,
            })
        }
        _ => None,
    }
}

/// Closes a run whose writer has vanished: the client that asks may be the only one that ever does.
pub(crate) async fn up_to_date(log: &dyn RunLog, run: &RunId, info: RunInfo) -> Result<RunInfo, Response> {
    let unavailable = |why| problem::unavailable(&why);
    let orphaned = || record::failed(problem::orphaned().into(), false);
    if info.state != RunState::Open || !log.reap(run, orphaned()).await.map_err(unavailable)? {
        return Ok(info);
    }
    Ok(log.meta(run).await.map_err(unavailable)?.unwrap_or(info))
}
