//! How runs are bounded, whose they are, and what becomes of them when the server stops.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, request::Parts},
};
use outflow::{
    Controller as _, Drain, Packet, action, controller,
    run::{MemoryLog, Runs},
};
use tokio::time::sleep;

use crate::support::{Reply, ask, frame, open, send};

struct Jobs;

/// Who asks, as some layer before has found out.
fn user(request: &Parts) -> Option<String> {
    request.headers.get("x-user").and_then(|user| user.to_str().ok()).map(str::to_owned)
}

#[controller]
impl Jobs {
    #[action(post, resumable(overflow = window, retention = "1m"))]
    async fn window(&self) {
        for _ in 0..20 {
            self.stream("x".repeat(1024 * 1024));
        }
    }

    #[action(post, resumable)]
    async fn too_large(&self) {
        for _ in 0..20 {
            self.stream("x".repeat(1024 * 1024));
        }
    }

    #[action(post, resumable(key = off, owner = user))]
    async fn mine(&self) -> u8 {
        self.stream("mine");
        7
    }

    #[action(post, resumable(owner = user))]
    async fn mine_with_a_key(&self) {
        self.stream("mine");
    }

    #[action(post, resumable(key = url))]
    async fn by_url(&self) {
        self.stream(1);
    }

    #[action(post, resumable)]
    async fn endless(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn panics(&self) {
        self.stream(1);
        panic!("on purpose");
    }

    #[action(post, resumable)]
    async fn silent(&self) -> u8 {
        if false {
            self.stream(1);
        }
        9
    }

    #[action(post, resumable)]
    async fn refused(&self) {
        self.stream(Packet::raw("text").event("named"));
        self.stream(Packet::json(&2).id("3"));
    }
}

const KEY: &str = "0123456789abcdef012345";

async fn start(app: &Router, path: &str) -> (Reply, String) {
    let reply = ask(app, Method::POST, path, &[("idempotency-key", KEY)]).await;
    let run = reply.header("location").replace("./", "/jobs/");
    (reply, run)
}

#[tokio::test]
async fn a_window_keeps_the_newest_and_says_what_is_gone() {
    let app = Jobs.into_router();
    let (_, run) = start(&app, "/jobs/window").await;
    let head = ask(&app, Method::HEAD, &run, &[("run-key", KEY)]).await;
    assert_eq!((head.header("run-state"), head.header("run-tail")), ("done", "21"));
    let gone = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", "2")]).await;
    assert_eq!(gone.status, StatusCode::GONE);
    let first = gone.json()["first"].as_u64().unwrap();
    assert!((5..=7).contains(&first), "{first}");
    let last = first - 1;
    let rest = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", &last.to_string())]).await;
    assert!(rest.body.contains(&format!("id: {first}\n")) && rest.body.ends_with("id: 21\ndata:\n\n"));
}

#[tokio::test]
async fn a_run_that_is_too_large_fails() {
    let app = Jobs.into_router();
    let (reply, run) = start(&app, "/jobs/too-large").await;
    assert!(reply.body.contains("event: error\n") && reply.body.contains("urn:outflow:run/full"));
    let head = ask(&app, Method::HEAD, &run, &[("run-key", KEY)]).await;
    assert_eq!(head.header("run-state"), "failed");
}

#[tokio::test]
async fn an_owner_needs_no_key_and_nobody_else_is_one() {
    let app = Jobs.into_router();
    let reply = ask(&app, Method::POST, "/jobs/mine", &[("x-user", "ada")]).await;
    let run = reply.header("location").replace("./", "/jobs/");
    assert_eq!(reply.header("run-key"), "");
    let again = ask(&app, Method::GET, &run, &[("x-user", "ada")]).await;
    assert!(again.body.ends_with("event: done\nid: 2\ndata: 7\n\n"), "{}", again.body);
    for headers in [&[("x-user", "bob")][..], &[]] {
        assert_eq!(ask(&app, Method::GET, &run, headers).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(ask(&app, Method::POST, "/jobs/mine", &[]).await.status, StatusCode::UNAUTHORIZED);
}

/// An owner stands beside the key, and not in its place.
#[tokio::test]
async fn an_owner_needs_the_key_as_well_unless_it_is_off() {
    let app = Jobs.into_router();
    let reply = ask(&app, Method::POST, "/jobs/mine-with-a-key", &[("x-user", "ada")]).await;
    let (run, key) = (reply.header("location").replace("./", "/jobs/"), reply.header("run-key").to_owned());
    assert!(key.len() >= 22, "{key:?}");
    assert_eq!(ask(&app, Method::GET, &run, &[("x-user", "ada"), ("run-key", &key)]).await.status, StatusCode::OK);
    for headers in [&[("x-user", "ada")][..], &[("x-user", "bob"), ("run-key", &key)], &[("run-key", &key)]] {
        assert_eq!(ask(&app, Method::GET, &run, headers).await.status, StatusCode::NOT_FOUND);
    }
    let given = [("x-user", "ada"), ("idempotency-key", KEY)];
    assert_eq!(ask(&app, Method::POST, "/jobs/mine-with-a-key", &given).await.header("run-key"), "");
}

/// Taken for no key at all, it would let the action run twice.
#[tokio::test]
async fn a_key_that_is_not_text_is_refused() {
    let app = Jobs.into_router();
    let post = |key: &[u8]| {
        let key = axum::http::HeaderValue::from_bytes(key).unwrap();
        Request::post("/jobs/silent").header("idempotency-key", key)
    };
    for key in ["0123456789abcdef01234é".as_bytes(), b"\xff0123456789abcdef012345"] {
        let reply = send(&app, post(key)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.json()["detail"], "the key of a run may hold printable ASCII only");
        assert_eq!(reply.header("location"), "");
    }
}

#[tokio::test]
async fn a_key_may_be_in_the_url_where_the_action_says_so() {
    let app = Jobs.into_router();
    let (_, run) = start(&app, "/jobs/by-url").await;
    assert_eq!(ask(&app, Method::GET, &format!("{run}?key={KEY}"), &[]).await.status, StatusCode::OK);
    let (_, run) = start(&app, "/jobs/silent").await;
    assert_eq!(ask(&app, Method::GET, &format!("{run}?key={KEY}"), &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_run_ends_like_any_action() {
    let app = Jobs.into_router();
    let (reply, _) = start(&app, "/jobs/panics").await;
    assert!(reply.body.contains("event: error\nid: 2\ndata: {\"status\":500"), "{}", reply.body);
    assert!(!reply.body.contains("on purpose"));
    let (reply, _) = start(&app, "/jobs/silent").await;
    assert_eq!(reply.body, "retry: 1000\nid: 0\n\nevent: done\nid: 1\ndata: 9\n\n");
    // The ids are the packets' numbers.
    let (reply, _) = start(&app, "/jobs/refused").await;
    assert!(reply.body.contains("id: 1\nevent: named\ndata: text\n\nevent: error\nid: 2\n"), "{}", reply.body);
}

#[tokio::test(start_paused = true)]
async fn a_run_has_the_grace_period_and_is_lost_at_its_end() {
    let drain = Drain::new();
    let app = Jobs.into_router().layer(drain.layer());
    let request = Request::post("/jobs/endless").header("idempotency-key", KEY).body(Body::empty()).unwrap();
    let response = open(&app, request).await;
    let run = response.headers()["location"].to_str().unwrap().replace("./", "/jobs/");
    drain.start();
    // There is no elsewhere for a log in memory, so its followers stay.
    let mut body = response.into_body();
    let mut text = String::new();
    while let Some(frame) = frame(&mut body).await {
        text.push_str(&frame);
    }
    assert!(text.contains("event: error\nid: 2\ndata: {") && text.contains("the server is shutting down"), "{text}");
    let head = ask(&app, Method::HEAD, &run, &[("run-key", KEY)]).await;
    assert_eq!(head.header("run-state"), "lost");
    assert_eq!(start(&app, "/jobs/silent").await.0.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn running_runs_count_among_the_streams_that_may_be_open() {
    let app = Jobs.into_router().layer(Drain::new().max_streams(1).layer());
    let request = Request::post("/jobs/endless").header("idempotency-key", KEY).body(Body::empty()).unwrap();
    drop(open(&app, request).await);
    let reply = start(&app, "/jobs/silent").await.0;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// Many short runs, and then time: nothing is left of them.
#[tokio::test(start_paused = true)]
async fn everything_is_freed_at_the_end() {
    let log = MemoryLog::new();
    let app = Jobs.into_router().layer(Runs::new(log.clone()).layer());
    for i in 0..200 {
        let key = format!("{KEY}{i}");
        ask(&app, Method::POST, "/jobs/silent", &[("idempotency-key", &key)]).await;
    }
    assert!(format!("{log:?}").contains("runs: 200, claims: 200"), "{log:?}");
    sleep(Duration::from_secs(25 * 60 * 60)).await;
    assert_eq!(format!("{log:?}"), "MemoryLog { runs: 0, claims: 0, owners: 0, bytes: 0 }");
}
