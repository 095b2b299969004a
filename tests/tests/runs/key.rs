//! The key of a run: one key is one run, and it opens that run alone.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    body::Body,
    extract::Query,
    http::{
        HeaderValue, Method, Request, StatusCode,
        request::{Builder, Parts},
    },
};
use futures_util::future::join_all;
use outflow::{
    Controller as _, Drain, action, controller,
    run::{MemoryLog, RunId, Runs},
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::support::{
    Reply, ask,
    logs::BentLog,
    runs::{KEY, OTHER_KEY, complete, ended, location, post, start},
    send, send_body, until,
};

#[derive(Clone)]
struct Jobs {
    started: Arc<AtomicUsize>,
    /// A permit for each word that may be sent.
    words: Arc<Semaphore>,
}

#[derive(Deserialize)]
struct Export {
    key: String,
}

fn somebody(_: &Parts) -> Option<String> {
    Some("somebody".to_owned())
}

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn answer(&self, Json(count): Json<u32>) -> u32 {
        self.start();
        for i in 1..=count {
            self.words.acquire().await.unwrap().forget();
            self.stream(format!("word {i}"));
        }
        count
    }

    /// No argument reads the request's body.
    #[action(post, resumable)]
    async fn quick(&self) {
        let at = self.start();
        self.stream(format!("execution {at}"));
    }

    #[action(post, resumable)]
    async fn endless(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn large(&self) -> String {
        self.start();
        self.stream(1);
        "x".repeat(2 << 20)
    }

    #[action(post, resumable)]
    async fn export(&self, Query(export): Query<Export>) {
        self.stream(export.key);
    }

    #[action(post, resumable(key = off, owner = somebody))]
    async fn owned(&self) {
        self.start();
        self.stream(1);
    }

    #[action(post, resumable(key = url))]
    async fn by_url(&self) {
        self.stream(1);
    }
}

impl Jobs {
    fn start(&self) -> usize {
        self.started.fetch_add(1, Ordering::SeqCst)
    }
}

fn app() -> (Router, Jobs) {
    let jobs = Jobs { started: Arc::default(), words: Arc::new(Semaphore::new(0)) };
    (jobs.clone().into_router(), jobs)
}

/// `POST /jobs/answer` with these headers and this body.
async fn answer(app: &Router, key: Option<&str>, count: &str) -> Reply {
    let request = Request::post("/jobs/answer").header("content-type", "application/json");
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    send_body(app, request, Body::from(count.to_owned())).await
}

const WHOLE: &str =
    "retry: 1000\nid: 0\nid: 1\ndata: \"word 1\"\n\nid: 2\ndata: \"word 2\"\n\nevent: done\nid: 3\ndata: 2\n\n";

#[tokio::test]
async fn one_key_is_one_run() {
    let (app, jobs) = app();
    let posts = (0..20).map(|_| answer(&app, Some(KEY), "2"));
    let replies = join_all(posts);
    jobs.words.add_permits(2);
    let replies = replies.await;
    for reply in &replies {
        assert_eq!(reply.body, WHOLE);
        assert_eq!(reply.header("location"), replies[0].header("location"));
    }
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);

    assert_eq!(answer(&app, Some(KEY), "3").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer(&app, Some("short"), "3").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_run_without_a_key_is_given_one() {
    let (app, jobs) = app();
    jobs.words.add_permits(2);
    let reply = answer(&app, None, "2").await;
    let (run, key) = (location("/jobs/answer", &reply.headers), reply.header("run-key").to_owned());
    assert!(key.len() >= 22);
    assert_eq!(ask(&app, Method::GET, &run, &[("run-key", &key)]).await.body, WHOLE);
}

/// If it were taken for no key at all, the action would run twice.
#[tokio::test]
async fn a_key_that_is_not_text_is_refused() {
    let (app, _) = app();
    for key in ["0123456789abcdef01234é".as_bytes(), b"\xff0123456789abcdef012345"] {
        let key = HeaderValue::from_bytes(key).unwrap();
        let reply = send(&app, Request::post("/jobs/quick").header("idempotency-key", key)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.json()["detail"], "the key of a run may hold printable ASCII only");
        assert_eq!(reply.header("location"), "");
    }
}

#[tokio::test]
async fn a_key_may_be_in_the_url_where_the_action_says_so() {
    let (app, _) = app();
    for (path, status) in [("/jobs/by-url", StatusCode::OK), ("/jobs/quick", StatusCode::NOT_FOUND)] {
        let (_, run) = complete(&app, path).await;
        assert_eq!(ask(&app, Method::GET, &format!("{run}?key={KEY}"), &[]).await.status, status);
    }
}

#[tokio::test]
async fn a_key_keeps_a_run_from_starting_twice_where_none_is_needed_to_see_it() {
    let (app, jobs) = app();
    for _ in 0..2 {
        send(&app, post("/jobs/owned")).await;
    }
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
}

/// A parameter of the action's own belongs to the request that a key stands for, whatever its name.
#[tokio::test]
async fn another_query_is_another_request() {
    let (app, _) = app();
    send(&app, post("/jobs/export?key=a")).await;
    let reply = send(&app, post("/jobs/export?key=b")).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
}

/// The place to begin at does not belong to the request that a key stands for.
#[tokio::test]
async fn the_same_request_may_begin_elsewhere() {
    let (app, jobs) = app();
    send(&app, post("/jobs/quick")).await;
    let reply = send(&app, post("/jobs/quick?after=1")).await;
    assert_eq!(reply.body, "retry: 1000\nid: 1\nevent: done\nid: 2\ndata:\n\n");
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_breaks_off_starts_no_run() {
    let (app, jobs) = app();
    let half = futures_util::stream::iter([Ok("ha"), Err(std::io::Error::other("gone"))]);
    let reply = send_body(&app, post("/jobs/quick"), Body::from_stream(half)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let again = send_body(&app, post("/jobs/quick"), Body::from("half")).await;
    assert_eq!((again.status, jobs.started.load(Ordering::SeqCst)), (StatusCode::OK, 1));
}

/// Where memory is full, ended runs make room, but a key still names the run that it started.
#[tokio::test]
async fn a_key_never_starts_a_second_run_where_memory_is_full() {
    let (app, jobs) = app();
    let first = start(&app, "/jobs/quick").await;
    ended(&app, &first.run).await;
    drop(first);
    for i in 0..140 {
        send(&app, Request::post("/jobs/large").header("idempotency-key", format!("{OTHER_KEY}-{i}"))).await;
    }
    let before = jobs.started.load(Ordering::SeqCst);
    let reply = send(&app, post("/jobs/quick")).await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), before, "executed again: {} {}", reply.status, reply.body);
}

/// A client with packets 1 and 2 of an execution whose process is gone, and which it had no `Location` of, must not go
/// on with packet 3 of another execution.
#[tokio::test]
async fn who_has_packets_is_not_given_those_of_another_execution() {
    let (app, jobs) = app();
    let reply = send(&app, post("/jobs/quick").header("last-event-id", "2")).await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0, "{} {}", reply.status, reply.body);
}

/// A node may die between the claim and the run: the next request with the key opens the run.
#[tokio::test]
async fn a_claim_without_a_run_is_taken_up() {
    let log = BentLog::in_memory();
    let (app, jobs) = app();
    let app = app.layer(Runs::new(log.clone()).layer());
    log.is_full.store(true, Ordering::SeqCst);
    assert_eq!(send(&app, post("/jobs/quick")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    log.is_full.store(false, Ordering::SeqCst);
    let (key, claim) = log.claimed.lock().unwrap().take().unwrap();
    log.log.claim(key, claim.clone()).await.unwrap();
    let runs = join_all((0..20).map(|_| start(&app, "/jobs/quick"))).await;
    assert!(runs.iter().all(|started| started.run.ends_with(claim.run.as_str())));
    until("the start of the action", async || jobs.started.load(Ordering::SeqCst) > 0).await;
    ended(&app, &runs[0].run).await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
}

/// A server that is full, or stops, takes down nothing: else requests with ever new keys would fill the log.
#[tokio::test(start_paused = true)]
async fn a_start_that_is_refused_leaves_nothing_in_the_log() {
    let (log, drain) = (MemoryLog::new(), Drain::new().max_streams(1));
    let (app, jobs) = app();
    let full = BentLog::new(Arc::new(log.clone()));
    full.is_full.store(true, Ordering::SeqCst);
    let app_of_full = app.clone().layer(Runs::new(full).layer());
    let app = app.layer(Runs::new(log.clone()).layer()).layer(drain.layer());
    let nothing = format!("{log:?}");
    assert_eq!(send(&app_of_full, post("/jobs/quick")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    // The packets of an execution that the log does not know.
    let ahead = send(&app, post("/jobs/quick").header("last-event-id", "2")).await;
    assert_eq!(ahead.status, StatusCode::GONE);
    assert_eq!(format!("{log:?}"), nothing);

    let place = start(&app, "/jobs/endless").await;
    let one = format!("{log:?}");
    assert!(one.contains("runs: 1, claims: 1,"), "{one}");
    let refused = || Request::post("/jobs/quick").header("idempotency-key", OTHER_KEY);
    for _ in 0..2 {
        assert_eq!(send(&app, refused()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(format!("{log:?}"), one);
    // Nor is the key bound to the request that was refused.
    assert_eq!(send_body(&app, refused(), Body::from("other")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    drain.start();
    assert_eq!(send(&app, refused()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(format!("{log:?}"), one);
    drop(place);
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0);
}

/// Which of two would count is a guess, and the wrong guess is another run.
#[tokio::test]
async fn a_header_that_has_one_value_is_sent_once() {
    let (app, jobs) = app();
    for name in ["idempotency-key", "run-key", "last-event-id"] {
        let twice = |request: Builder| request.header(name, OTHER_KEY).header(name, OTHER_KEY);
        let start = send(&app, twice(Request::post("/jobs/quick"))).await;
        let unknown = format!("/jobs/quick/runs/{}", RunId::random());
        let follow = send(&app, twice(Request::get(&unknown))).await;
        for reply in [start, follow] {
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}");
            assert!(reply.body.contains("one of them is there twice"), "{}", reply.body);
        }
    }
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_key_has_an_end() {
    let (app, _) = app();
    for (length, status) in [(255, StatusCode::OK), (256, StatusCode::BAD_REQUEST), (8_000, StatusCode::BAD_REQUEST)] {
        let reply = send(&app, Request::post("/jobs/quick").header("idempotency-key", "k".repeat(length))).await;
        assert_eq!(reply.status, status, "{length}: {}", reply.body);
    }
}
