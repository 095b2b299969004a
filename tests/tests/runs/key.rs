//! The key of a run: one key is one run, and it opens that run alone.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    body::Body,
    extract::Query,
    http::{HeaderValue, Request as HttpRequest, StatusCode, request::Parts},
};
use outflow::{
    Controller as _, Drain, action, controller,
    run::{MemoryLog, RunId, Runs},
    test::{Client, Request, after},
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::support::{
    logs::BentLog,
    runs::{KEY, OTHER_KEY},
    send, send_body,
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

fn client() -> (Client, Jobs) {
    let (app, jobs) = app();
    (Client::new(app), jobs)
}

/// `POST path` with the key.
fn start<'a>(client: &'a Client, path: &str) -> Request<'a> {
    client.post(path).header("idempotency-key", KEY)
}

/// The status of an answer.
async fn status(request: Request<'_>) -> StatusCode {
    let mut answer = request.start();
    let status = answer.head().await.status();
    answer.leave();
    status
}

const WHOLE: &str =
    "retry: 1000\nid: 0\nid: 1\ndata: \"word 1\"\n\nid: 2\ndata: \"word 2\"\n\nevent: done\nid: 3\ndata: 2\n\n";

#[tokio::test]
async fn one_key_is_one_run() {
    let (client, jobs) = client();
    let mut answers: Vec<_> = (0..20).map(|_| start(&client, "/jobs/answer").json(&2).start()).collect();
    jobs.words.add_permits(2);
    for answer in &mut answers {
        assert_eq!(answer.wire().await, WHOLE);
    }
    assert!(answers.iter().all(|answer| answer.run() == answers[0].run()));
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);

    assert_eq!(status(start(&client, "/jobs/answer").json(&3)).await, StatusCode::UNPROCESSABLE_ENTITY);
    let short = client.post("/jobs/answer").header("idempotency-key", "short").json(&3);
    assert_eq!(status(short).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_run_without_a_key_is_given_one() {
    let (client, jobs) = client();
    jobs.words.add_permits(2);
    let mut answer = client.post("/jobs/answer").json(&2).start();
    answer.done::<u32>().await;
    assert!(answer.run().key().unwrap().len() >= 22);
    assert_eq!(client.follow(answer.run(), after(0)).start().wire().await, WHOLE);
}

/// If it were taken for no key at all, the action would run twice. The test client sends no such header.
#[tokio::test]
async fn a_key_that_is_not_text_is_refused() {
    let (app, _) = app();
    for key in ["0123456789abcdef01234é".as_bytes(), b"\xff0123456789abcdef012345"] {
        let key = HeaderValue::from_bytes(key).unwrap();
        let reply = send(&app, HttpRequest::post("/jobs/quick").header("idempotency-key", key)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.json()["detail"], "the key of a run may hold printable ASCII only");
        assert_eq!(reply.header("location"), "");
    }
}

#[tokio::test]
async fn a_key_may_be_in_the_url_where_the_action_says_so() {
    let (client, _) = client();
    for (path, expected) in [("/jobs/by-url", StatusCode::OK), ("/jobs/quick", StatusCode::NOT_FOUND)] {
        let mut answer = start(&client, path).start();
        answer.done::<()>().await;
        assert_eq!(status(client.get(&format!("{}?key={KEY}", answer.run().path()))).await, expected);
    }
}

#[tokio::test]
async fn a_key_keeps_a_run_from_starting_twice_where_none_is_needed_to_see_it() {
    let (client, jobs) = client();
    for _ in 0..2 {
        assert_eq!(start(&client, "/jobs/owned").all::<u32, ()>().await.packets, [1]);
    }
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
}

/// A parameter of the action's own belongs to the request that a key stands for, whatever its name.
#[tokio::test]
async fn another_query_is_another_request() {
    let (client, _) = client();
    assert_eq!(start(&client, "/jobs/export?key=a").all::<String, ()>().await.packets, ["a"]);
    assert_eq!(status(start(&client, "/jobs/export?key=b")).await, StatusCode::UNPROCESSABLE_ENTITY);
}

/// The place to begin at does not belong to the request that a key stands for.
#[tokio::test]
async fn the_same_request_may_begin_elsewhere() {
    let (client, jobs) = client();
    start(&client, "/jobs/quick").all::<String, ()>().await;
    let elsewhere = start(&client, "/jobs/quick?after=1").start().wire().await;
    assert_eq!(elsewhere, "retry: 1000\nid: 1\nevent: done\nid: 2\ndata:\n\n");
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
}

/// Within the process: over a connection that breaks off there would be no answer to look at.
#[tokio::test]
async fn a_request_that_breaks_off_starts_no_run() {
    let (app, jobs) = app();
    let post = || HttpRequest::post("/jobs/quick").header("idempotency-key", KEY);
    let half = futures_util::stream::iter([Ok("ha"), Err(std::io::Error::other("gone"))]);
    let reply = send_body(&app, post(), Body::from_stream(half)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let again = send_body(&app, post(), Body::from("half")).await;
    assert_eq!((again.status, jobs.started.load(Ordering::SeqCst)), (StatusCode::OK, 1));
}

/// Where memory is full, ended runs make room, but a key still names the run that it started.
#[tokio::test]
async fn a_key_never_starts_a_second_run_where_memory_is_full() {
    let (client, jobs) = client();
    start(&client, "/jobs/quick").all::<String, ()>().await;
    for _ in 0..140 {
        let mut answer = client.post("/jobs/large").start();
        // Nobody needs its megabytes.
        answer.stall();
        answer.head().await;
        answer.leave();
        client.ended(answer.run()).await;
    }
    let before = jobs.started.load(Ordering::SeqCst);
    let mut again = start(&client, "/jobs/quick").start();
    again.wire().await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), before, "executed again: {again:?}");
}

/// A client with packets 1 and 2 of an execution whose process is gone, and which it had no `Location` of, must not go
/// on with packet 3 of another execution.
#[tokio::test]
async fn who_has_packets_is_not_given_those_of_another_execution() {
    let (client, jobs) = client();
    let mut answer = start(&client, "/jobs/quick").header("last-event-id", "2").start();
    answer.failed().await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0, "{answer:?}");
}

/// A node may die between the claim and the run: the next request with the key opens the run.
#[tokio::test]
async fn a_claim_without_a_run_is_taken_up() {
    let log = BentLog::in_memory();
    let (app, jobs) = app();
    let client = Client::new(app.layer(Runs::new(log.clone()).layer()));
    log.is_full.store(true, Ordering::SeqCst);
    assert_eq!(status(start(&client, "/jobs/quick")).await, StatusCode::SERVICE_UNAVAILABLE);
    log.is_full.store(false, Ordering::SeqCst);
    let (key, claim) = log.claimed.lock().unwrap().take().unwrap();
    log.log.claim(key, claim.clone()).await.unwrap();
    let mut answers: Vec<_> = (0..20).map(|_| start(&client, "/jobs/quick").start()).collect();
    for answer in &mut answers {
        answer.done::<()>().await;
        assert!(answer.run().path().ends_with(claim.run.as_str()));
    }
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
}

/// A server that is full, or stops, takes down nothing: else requests with ever new keys would fill the log.
#[tokio::test(start_paused = true)]
async fn a_start_that_is_refused_leaves_nothing_in_the_log() {
    let (log, drain) = (MemoryLog::new(), Drain::new().max_streams(1));
    let (app, jobs) = app();
    let full = BentLog::new(Arc::new(log.clone()));
    full.is_full.store(true, Ordering::SeqCst);
    let client_of_full = Client::new(app.clone().layer(Runs::new(full).layer()));
    // The drain of the layer alone, so that the server still takes connections while it stops.
    let client = Client::new(app.layer(Runs::new(log.clone()).layer()).layer(drain.layer()));
    let nothing = format!("{log:?}");
    assert_eq!(status(start(&client_of_full, "/jobs/quick")).await, StatusCode::SERVICE_UNAVAILABLE);
    // The packets of an execution that the log does not know.
    assert_eq!(status(start(&client, "/jobs/quick").header("last-event-id", "2")).await, StatusCode::GONE);
    assert_eq!(format!("{log:?}"), nothing);

    let mut place = start(&client, "/jobs/endless").start();
    place.packet::<u32>().await;
    let one = format!("{log:?}");
    assert!(one.contains("runs: 1, claims: 1,"), "{one}");
    let refused = || client.post("/jobs/quick").header("idempotency-key", OTHER_KEY);
    for _ in 0..2 {
        assert_eq!(status(refused()).await, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(format!("{log:?}"), one);
    // Nor is the key bound to the request that was refused.
    assert_eq!(status(refused().body("other")).await, StatusCode::SERVICE_UNAVAILABLE);
    drain.start();
    assert_eq!(status(refused()).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(format!("{log:?}"), one);
    client.cancel(place.run()).await;
    place.failed().await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0);
}

/// Which of two would count is a guess, and the wrong guess is another run.
#[tokio::test]
async fn a_header_that_has_one_value_is_sent_once() {
    let (client, jobs) = client();
    for name in ["idempotency-key", "run-key", "last-event-id"] {
        let unknown = format!("/jobs/quick/runs/{}", RunId::random());
        for request in [client.post("/jobs/quick"), client.get(&unknown)] {
            let failed = request.header(name, OTHER_KEY).header(name, OTHER_KEY).start().failed().await;
            assert_eq!(failed.status(), StatusCode::BAD_REQUEST, "{name}");
            assert!(failed.detail().contains("one of them is there twice"), "{failed:?}");
        }
    }
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_key_has_an_end() {
    let (client, _) = client();
    for (length, expected) in [(255, StatusCode::OK), (256, StatusCode::BAD_REQUEST), (8_000, StatusCode::BAD_REQUEST)]
    {
        let mut answer = client.post("/jobs/quick").header("idempotency-key", &"k".repeat(length)).start();
        assert_eq!(answer.head().await.status(), expected, "{length}");
        answer.wire().await;
    }
}
