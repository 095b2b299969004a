//! From a request to a follower: of a run that it starts, or of one that is there.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, LOCATION},
    },
    response::{IntoResponse as _, Response},
};
use futures_core::future::BoxFuture;
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use super::{
    follower::Follower,
    followers::{Followers, Following},
    id::{Hash, RunId, random_name},
    log::{Claim, ClaimError, Known, Meta, OpenError, RunLog, RunState, Seq, Unavailable},
    record::{self, End, Record},
    request::RunRequest,
    writer::{Records, Work, write},
};
use crate::{
    account::{Account, Labels},
    drain::{Drain, RETRY_AFTER},
    failure::Problem,
    format::{Representation, accept::negotiate, stream_headers},
    options::{KeyIn, Options},
    outcome::Outcome,
    outlet::Channel,
    remains::Remains,
    supervise::{Admission, Limits},
};

/// A run in the making: its action has not started.
pub(crate) struct Start {
    pub(crate) request: RunRequest,
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) followers: Followers,
    pub(crate) options: &'static Options,
    pub(crate) format: Representation,
    pub(crate) labels: Labels,
    pub(crate) admission: Admission,
    pub(crate) channel: Arc<Channel<Records>>,
}

/// A run that is there, and what the answer to the request that starts it says beside the packets.
struct Begun {
    follow: Follow,
    cursor: Seq,
    /// The last segment of the action's path.
    segment: String,
    /// A key that the server made.
    key: Option<String>,
}

impl Start {
    /// Starts the run, or finds the one that the key has started before, and follows it.
    pub(crate) async fn run(self, body: BoxFuture<'static, Outcome>, mut remains: Remains) -> Response {
        if !remains.read_on().await {
            return Problem::told(StatusCode::BAD_REQUEST, "the request broke off").to_response();
        }
        let detached = self.admission.drain.as_ref().map(Drain::detached);
        // In a task of its own: the client may leave at any moment, and a run that is open needs its writer.
        let begun = tokio::spawn(async move {
            let _detached = detached;
            self.begin(body).await
        });
        let answer = match begun.await {
            Ok(Ok(begun)) => begun.follow.first(begun.segment, begun.key, begun.cursor).await,
            Ok(Err(early)) => early,
            Err(error) => unavailable(&Unavailable(error.to_string())),
        };
        no_store(answer)
    }

    async fn begin(self, body: BoxFuture<'static, Outcome>) -> Result<Begun, Response> {
        let cursor = self.request.cursor()?;
        let owner = self.request.owner()?;
        let given = self.request.key()?.map(str::to_owned);
        let made = if given.is_none() && owner.is_none() { Some(random_name()) } else { None };
        let key = given.as_deref().or(made.as_deref());

        let claim = given.as_deref().map(|key| self.request.claim(key));
        let mut run = RunId::random();
        let mut is_opened = false;
        if let Some(claim) = claim {
            let wish = Claim { run, fingerprint: self.request.fingerprint() };
            let claimed = self.log.claim(claim, wish).await.map_err(refused)?;
            (run, is_opened) = (claimed.run, claimed.opened);
        }
        let meta = Meta {
            action: self.request.action.clone(),
            key: key.filter(|_| self.request.resumable.key != KeyIn::Off).map(|key| Hash::of([key.as_bytes()])),
            owner,
            claim,
            keep: self.request.resumable.keep,
        };
        let segment = self.request.action.rsplit('/').next().unwrap_or_default().to_owned();
        let abandon_after = self.request.resumable.abandon_after;
        let Self { log, followers, options, format, labels, admission: Admission { drain, permit }, channel, .. } =
            self;
        let opened = if is_opened { Err(OpenError::Exists) } else { log.open(&run, meta).await };
        let following = followers.enter(&run);
        let labels_of_run = Labels { format: "run", ..labels.clone() };
        let follow = Follow { log: log.clone(), run, following, options, format, labels, drain: drain.clone() };
        match opened {
            Ok(writer) => {
                let limits = Limits::of_run(options, drain.as_ref());
                let account = Account::open(labels_of_run);
                let work = Work { log, writer, channel, body, limits, abandon_after, account };
                let detached = drain.as_ref().map(Drain::detached);
                tokio::spawn(async move {
                    let _detached = detached;
                    // Its place among the streams that may be open.
                    let _permit = permit;
                    write(work).await;
                });
                Ok(Begun { follow, cursor: 0, segment, key: made })
            }
            // Never a second execution: who has the key follows what it has started.
            Err(OpenError::Exists) => {
                let known = log.meta(&follow.run).await.map_err(|why| unavailable(&why))?;
                let Some(known) = known else { return Err(gone(None).to_response()) };
                match follow.refusal(&known, cursor) {
                    Some(answer) => Err(answer),
                    None => Ok(Begun { follow, cursor, segment, key: made }),
                }
            }
            Err(OpenError::Full) => Err(Problem::unavailable("there is no room for another run").to_response()),
            Err(OpenError::Unavailable(why)) => Err(unavailable(&why)),
        }
    }
}

/// What follows a run.
struct Follow {
    log: Arc<dyn RunLog>,
    run: RunId,
    following: Following,
    options: &'static Options,
    format: Representation,
    labels: Labels,
    drain: Option<Drain>,
}

impl Follow {
    /// The answer to the request that starts the run, or would have. Its head is held like that of any action.
    async fn first(self, segment: String, key: Option<String>, cursor: Seq) -> Response {
        let early = if cursor == 0 { self.early_failure().await } else { None };
        let run = self.run.clone();
        let mut response = match early {
            Some(mut failed) => {
                failed.headers_mut().insert("run-state", HeaderValue::from_static(RunState::Failed.name()));
                failed
            }
            None => self.respond(cursor),
        };
        let headers = response.headers_mut();
        // Relative to the request, so that proxies and routers that strip a prefix keep it right.
        let location = format!("./{segment}/runs/{run}").replace("//", "/");
        if let Ok(location) = HeaderValue::try_from(location) {
            headers.insert(LOCATION, location);
        }
        if let Some(key) = key.and_then(|key| HeaderValue::try_from(key).ok()) {
            headers.insert("run-key", key);
        }
        response
    }

    /// Waits for the first record, and gives the answer of a run that failed before its first packet.
    async fn early_failure(&self) -> Option<Response> {
        let deadline = Instant::now() + self.options.open_after;
        let mut wakes = self.log.wakes(&self.run);
        loop {
            let page = self.log.read(&self.run, 0, 1).await.ok()?;
            if let Some(first) = page.records.first() {
                return match record::read(first) {
                    Record::End(End::Failed(problem, early)) => {
                        Some(early.map_or_else(|| problem.to_response(), record::Early::into_response))
                    }
                    _ => None,
                };
            }
            timeout_at(deadline, wakes.next()).await.ok()?;
        }
    }

    fn respond(self, cursor: Seq) -> Response {
        let format = (self.format.writer)();
        let mut headers = stream_headers(self.format, &*format);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
        let follower = Follower {
            log: self.log,
            run: self.run,
            last: cursor,
            format,
            heartbeat: self.options.heartbeat,
            drain: self.drain,
            following: self.following,
            is_counted: self.options.resumable.is_some_and(|resumable| resumable.abandon_after.is_some()),
            account: Account::open(self.labels),
        };
        let mut response = Response::new(Body::from_stream(follower.into_stream()));
        *response.headers_mut() = headers;
        response
    }

    /// Why there is nothing to follow from this number on, if there is not.
    fn refusal(&self, known: &Known, cursor: Seq) -> Option<Response> {
        let Known { state, tail, first, .. } = *known;
        let is_open = state == RunState::Open;
        let counts = self.format.counts;
        if cursor > tail {
            let problem =
                Problem::run("ahead", StatusCode::CONFLICT, "the log does not reach so far").with("tail", tail);
            let mut response = problem.to_response();
            if is_open {
                response.headers_mut().insert("retry-after", 1.into());
            }
            return Some(response);
        }
        if !is_open && cursor == tail {
            return Some(no_store(StatusCode::NO_CONTENT.into_response()));
        }
        if cursor + 1 < first {
            return Some(gone(Some(first)).to_response());
        }
        if cursor > 0 && !counts {
            let detail = "this format has no numbers: follow it from the start, without a cursor";
            return Some(Problem::told(StatusCode::BAD_REQUEST, detail).to_response());
        }
        None
    }
}

/// A request for a run that is there.
pub(crate) struct Visit {
    pub(crate) request: RunRequest,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    /// As it stands in the path.
    pub(crate) run: String,
    pub(crate) log: Arc<dyn RunLog>,
    pub(crate) followers: Followers,
    pub(crate) options: &'static Options,
    pub(crate) route: Arc<str>,
    pub(crate) drain: Option<Drain>,
}

/// Answers `GET`, `HEAD` and `DELETE` on a run.
pub(crate) async fn follow(visit: Visit) -> Result<Response, Response> {
    let Visit { request, method, headers, run, log, followers, options, route, drain } = visit;
    let known = match RunId::parse(&run) {
        Some(id) => log.meta(&id).await.map_err(|why| unavailable(&why))?.map(|known| (id, known)),
        None => None,
    };
    let known = known.filter(|(_, known)| request.may_see(&known.meta));
    let Some((run, known)) = known else {
        return Err(Problem::told(StatusCode::NOT_FOUND, "there is no such run").to_response());
    };
    if method == Method::DELETE {
        let was_open = log.cancel(&run).await.map_err(|why| unavailable(&why))?;
        let status = if was_open { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT };
        return Ok(no_store(status.into_response()));
    }
    if method == Method::HEAD {
        let headers = [("run-state", known.state.name().to_owned()), ("run-tail", known.tail.to_string())];
        return Ok(no_store((StatusCode::OK, headers).into_response()));
    }
    let cursor = request.cursor()?;
    let format = negotiate(&headers, options.formats)?;
    let following = followers.enter(&run);
    let labels = Labels { route, format: format.name };
    let follow = Follow { log, run, following, options, format, labels, drain };
    Ok(match follow.refusal(&known, cursor) {
        Some(answer) => answer,
        None => follow.respond(cursor),
    })
}

fn gone(first: Option<Seq>) -> Problem {
    let problem = Problem::run("gone", StatusCode::GONE, "packets of the run are kept no more");
    match first {
        Some(first) => problem.with("first", first),
        None => problem,
    }
}

fn refused(error: ClaimError) -> Response {
    match error {
        ClaimError::Mismatch => {
            let detail = "this key has started a run by another request: use a new key for a new request";
            Problem::told(StatusCode::UNPROCESSABLE_ENTITY, detail).to_response()
        }
        ClaimError::Unavailable(why) => unavailable(&why),
    }
}

fn unavailable(why: &Unavailable) -> Response {
    tracing::warn!(%why, "a run can't be reached");
    let mut response = Problem::unavailable("the log of runs is not available").to_response();
    response.headers_mut().insert("retry-after", RETRY_AFTER.as_secs().into());
    no_store(response)
}

pub(crate) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    response
}
