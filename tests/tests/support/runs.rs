//! Starting runs, and following them.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, request, request::Parts},
};
use outflow::run::{Digest, Keep, Meta};

use super::request::{Reply, ask, empty, open, send};

/// A key, long enough for a run.
pub const KEY: &str = "0123456789abcdef012345";

/// Another one.
pub const OTHER_KEY: &str = "another-key-0123456789";

/// `POST path` with the key.
pub fn post(path: &str) -> request::Builder {
    Request::post(path).header("idempotency-key", KEY)
}

/// A run that has started, and the response of the request that started it.
pub struct Started {
    /// The path to follow it at.
    pub run: String,
    pub body: Body,
}

/// Starts a run.
pub async fn start(app: &Router, path: &str) -> Started {
    let response = open(app, empty(post(path))).await;
    assert_eq!(response.status(), StatusCode::OK);
    Started { run: location(path, response.headers()), body: response.into_body() }
}

/// Starts a run and reads its response to the end.
pub async fn complete(app: &Router, path: &str) -> (Reply, String) {
    let reply = send(app, post(path)).await;
    let run = location(path, &reply.headers);
    (reply, run)
}

/// The path of the run that `Location` names, relative to the path of the request.
pub fn location(path: &str, headers: &HeaderMap) -> String {
    let (folder, _) = path.rsplit_once('/').unwrap();
    let run = headers["location"].to_str().unwrap();
    format!("{folder}{}", run.strip_prefix('.').unwrap_or_else(|| panic!("{run}")))
}

/// A request for a run, with the key.
pub fn get_run(run: &str) -> Request<Body> {
    empty(Request::get(run).header("run-key", KEY))
}

/// Follows a run from after this packet to the end of the response.
pub async fn follow_after(app: &Router, run: &str, after: &str) -> Reply {
    ask(app, Method::GET, run, &[("run-key", KEY), ("last-event-id", after)]).await
}

/// Cancels a run.
pub async fn cancel(app: &Router, run: &str) -> Reply {
    ask(app, Method::DELETE, run, &[("run-key", KEY)]).await
}

/// The numbers among the packets of an event stream, or of a part of it.
pub fn numbers(events: &str) -> Vec<u64> {
    events.lines().filter_map(|line| line.strip_prefix("data: ")?.parse().ok()).collect()
}

/// An owner of runs: the user whom an earlier layer has identified.
pub fn user(request: &Parts) -> Option<String> {
    request.headers.get("x-user").and_then(|user| user.to_str().ok()).map(str::to_owned)
}

/// The meta of a run that has a key, no owner and no claim.
pub fn meta() -> Meta {
    Meta { action: "/a".to_owned(), key: Some(digest("key")), owner: None, claim: None, keep: Keep::DEFAULT }
}

pub fn digest(text: &str) -> Digest {
    Digest::of([text.as_bytes()])
}
