//! What tests do with runs: start one, follow it, look at it.

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};

use super::{ask, frame, open};

/// Long enough for a key of a run.
pub const KEY: &str = "0123456789abcdef012345";

/// Starts a run: where it is, and the body of the answer.
pub async fn start(app: &Router, path: &str) -> (String, Body) {
    let response = open(app, Request::post(path).header("idempotency-key", KEY).body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let (folder, _) = path.rsplit_once('/').unwrap();
    (response.headers()["location"].to_str().unwrap().replacen('.', folder, 1), response.into_body())
}

pub async fn follow(app: &Router, run: &str) -> Body {
    open(app, Request::get(run).header("run-key", KEY).body(Body::empty()).unwrap()).await.into_body()
}

pub async fn state(app: &Router, run: &str) -> String {
    ask(app, Method::HEAD, run, &[("run-key", KEY)]).await.header("run-state").to_owned()
}

/// Reads until this has come.
pub async fn until(body: &mut Body, what: &str) {
    while !frame(body).await.unwrap().contains(what) {}
}
