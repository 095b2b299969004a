//! Resumable runs: an action survives its client, and who may see it reads it from any packet on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    http::{Method, Request, StatusCode, request::Builder},
};
use outflow::{Controller as _, action, controller};
use tokio::{sync::Semaphore, time::sleep};

use crate::support::{Reply, frame, open, send_body, with_headers};

#[derive(Clone)]
struct Chat {
    started: Arc<AtomicUsize>,
    /// A permit for each word that may be sent.
    words: Arc<Semaphore>,
}

impl Default for Chat {
    fn default() -> Self {
        Self { started: Arc::default(), words: Arc::new(Semaphore::new(0)) }
    }
}

#[controller]
impl Chat {
    #[action(post, resumable)]
    async fn answer(&self, Json(count): Json<u32>) -> u32 {
        self.started.fetch_add(1, Ordering::SeqCst);
        for i in 1..=count {
            self.words.acquire().await.unwrap().forget();
            self.stream(format!("word {i}"));
        }
        count
    }

    #[action(post, resumable)]
    async fn fails_early(&self) -> Result<(), (StatusCode, [(&'static str, &'static str); 1], &'static str)> {
        self.started.fetch_add(1, Ordering::SeqCst);
        if true {
            return Err((StatusCode::PAYMENT_REQUIRED, [("x-price", "7")], "no money"));
        }
        self.stream("never");
        Ok(())
    }

    #[action(post, resumable)]
    async fn fails_late(&self) -> Result<(), StatusCode> {
        self.stream("one");
        Err(StatusCode::CONFLICT)
    }

    #[action(post, resumable)]
    async fn endless(&self) {
        let _started = self.started.clone();
        loop {
            self.stream("tick");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

const KEY: &str = "0123456789abcdef012345";

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    json(method, path, headers).body(Body::from(body.to_owned())).unwrap()
}

async fn ask(app: &Router, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    send_body(app, json(method, path, headers), Body::from(body.to_owned())).await
}

fn json(method: Method, path: &str, headers: &[(&str, &str)]) -> Builder {
    with_headers(method, path, headers).header("content-type", "application/json")
}

/// Where the run is that a response tells of.
fn run_of(location: &str) -> String {
    let run = location.strip_prefix("./answer/runs/").unwrap_or_else(|| panic!("{location}"));
    format!("/chat/answer/runs/{run}")
}

fn app() -> (Router, Chat) {
    let chat = Chat::default();
    (chat.clone().into_router(), chat)
}

const WHOLE: &str =
    "retry: 1000\nid: 0\n\nid: 1\ndata: \"word 1\"\n\nid: 2\ndata: \"word 2\"\n\nevent: done\nid: 3\ndata: 2\n\n";

#[tokio::test]
async fn a_run_is_read_whole_and_then_again_from_any_packet_on() {
    let (app, chat) = app();
    chat.words.add_permits(2);
    let reply = ask(&app, Method::POST, "/chat/answer", &[("idempotency-key", KEY)], "2").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("cache-control"), "no-store, no-transform");
    assert_eq!(reply.body, WHOLE);
    let run = run_of(reply.header("location"));

    for (cursor, expected) in [
        ("0", WHOLE),
        ("1", "retry: 1000\nid: 1\n\nid: 2\ndata: \"word 2\"\n\nevent: done\nid: 3\ndata: 2\n\n"),
        ("2", "retry: 1000\nid: 2\n\nevent: done\nid: 3\ndata: 2\n\n"),
    ] {
        let reply = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", cursor)], "").await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::OK, expected));
    }
    let rows = [("run-key", KEY), ("accept", "application/x-ndjson")];
    assert_eq!(ask(&app, Method::GET, &format!("{run}?after=1"), &rows, "").await.body, "\"word 2\"\n");

    let complete = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", "3")], "").await;
    assert_eq!((complete.status, &*complete.body), (StatusCode::NO_CONTENT, ""));
    let head = ask(&app, Method::HEAD, &run, &[("run-key", KEY)], "").await;
    assert_eq!((head.header("run-state"), head.header("run-tail")), ("done", "3"));
}

#[tokio::test]
async fn it_goes_on_without_its_client() {
    let (app, chat) = app();
    let first = request(Method::POST, "/chat/answer", &[("idempotency-key", KEY)], "3");
    let response = open(&app, first).await;
    let run = run_of(response.headers()["location"].to_str().unwrap());
    chat.words.add_permits(1);
    let mut body = response.into_body();
    while !frame(&mut body).await.unwrap().contains("id: 1\n") {}
    drop(body);
    chat.words.add_permits(2);
    let reply = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", "1")], "").await;
    assert!(reply.body.ends_with("id: 3\ndata: \"word 3\"\n\nevent: done\nid: 4\ndata: 3\n\n"), "{}", reply.body);
    assert_eq!(chat.started.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn one_key_is_one_run() {
    let (app, chat) = app();
    let posts = (0..20).map(|_| ask(&app, Method::POST, "/chat/answer", &[("idempotency-key", KEY)], "2"));
    let replies = futures_util::future::join_all(posts);
    chat.words.add_permits(2);
    let replies = replies.await;
    for reply in &replies {
        assert_eq!(reply.body, WHOLE);
        assert_eq!(reply.header("location"), replies[0].header("location"));
    }
    assert_eq!(chat.started.load(Ordering::SeqCst), 1);

    let other = ask(&app, Method::POST, "/chat/answer", &[("idempotency-key", KEY)], "3").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    let short = ask(&app, Method::POST, "/chat/answer", &[("idempotency-key", "short")], "3").await;
    assert_eq!(short.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_run_without_a_key_is_given_one() {
    let (app, chat) = app();
    chat.words.add_permits(2);
    let reply = ask(&app, Method::POST, "/chat/answer", &[], "2").await;
    let (run, key) = (run_of(reply.header("location")), reply.header("run-key").to_owned());
    assert!(key.len() >= 22);
    assert_eq!(ask(&app, Method::GET, &run, &[("run-key", &key)], "").await.body, WHOLE);
}

#[tokio::test]
async fn what_is_not_yours_is_not_there() {
    let (app, chat) = app();
    chat.words.add_permits(2);
    let reply = ask(&app, Method::POST, "/chat/answer", &[("idempotency-key", KEY)], "2").await;
    let run = run_of(reply.header("location"));
    let other_action = run.replace("/answer/", "/endless/");
    let unknown = "/chat/answer/runs/AAAAAAAAAAAAAAAAAAAAAA";
    let mut replies = Vec::new();
    for (path, key) in [
        (&*run, "0123456789abcdef0123450"),
        (&*run, ""),
        (unknown, KEY),
        ("/chat/answer/runs/%00", KEY),
        (&*other_action, KEY),
    ] {
        for method in [Method::GET, Method::DELETE] {
            let headers: &[_] = if key.is_empty() { &[] } else { &[("run-key", key)] };
            let reply = ask(&app, method, path, headers, "").await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
            replies.push((reply.headers, reply.body));
        }
    }
    assert!(replies.iter().all(|reply| *reply == replies[0]));
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let (app, chat) = app();
    chat.words.add_permits(2);
    let reply = ask(&app, Method::POST, "/chat/answer", &[("idempotency-key", KEY)], "2").await;
    let run = run_of(reply.header("location"));
    for cursor in ["-1", "abc", "18446744073709551616", "1e9", "", "1 ", "9007199254740993"] {
        let reply = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", cursor)], "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{cursor:?}");
    }
    let twice = [("run-key", KEY), ("last-event-id", "1"), ("last-event-id", "2")];
    assert_eq!(ask(&app, Method::GET, &run, &twice, "").await.status, StatusCode::BAD_REQUEST);
    let ahead = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", "9")], "").await;
    assert_eq!((ahead.status, &ahead.json()["tail"]), (StatusCode::CONFLICT, &3.into()));
}

#[tokio::test]
async fn an_early_failure_is_the_answer_and_stays_it() {
    let (app, chat) = app();
    for _ in 0..2 {
        let reply = ask(&app, Method::POST, "/chat/fails-early", &[("idempotency-key", KEY)], "").await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::PAYMENT_REQUIRED, "no money"));
        assert_eq!((reply.header("x-price"), reply.header("run-state")), ("7", "failed"));
        let run = reply.header("location").replace("./", "/chat/");
        let followed = ask(&app, Method::GET, &run, &[("run-key", KEY)], "").await;
        assert_eq!(followed.status, StatusCode::OK);
        assert!(followed.body.contains("event: error\nid: 1\ndata: {\"detail\":\"no money\""), "{}", followed.body);
    }
    assert_eq!(chat.started.load(Ordering::SeqCst), 1);
    let late = ask(&app, Method::POST, "/chat/fails-late", &[("idempotency-key", KEY)], "").await;
    assert!(late.body.contains("id: 1\ndata: \"one\"\n\nevent: error\nid: 2\ndata: {"), "{}", late.body);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cancelled_by_whoever_may() {
    let (app, chat) = app();
    let response = open(&app, request(Method::POST, "/chat/endless", &[("idempotency-key", KEY)], "")).await;
    let run = response.headers()["location"].to_str().unwrap().replace("./", "/chat/");
    let mut body = response.into_body();
    assert!(frame(&mut body).await.is_some());
    let cancel = ask(&app, Method::DELETE, &run, &[("run-key", KEY)], "").await;
    assert_eq!(cancel.status, StatusCode::ACCEPTED);
    let mut last = String::new();
    while let Some(frame) = frame(&mut body).await {
        last = frame;
    }
    assert!(last.contains("event: error") && last.contains("urn:outflow:run/cancelled"), "{last}");
    // The controller, and this.
    assert_eq!(Arc::strong_count(&chat.started), 2);
    assert_eq!(ask(&app, Method::DELETE, &run, &[("run-key", KEY)], "").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test(start_paused = true)]
async fn packets_are_kept_for_a_while_and_the_end_for_longer() {
    let (app, chat) = app();
    chat.words.add_permits(2);
    let reply = ask(&app, Method::POST, "/chat/answer", &[("idempotency-key", KEY)], "2").await;
    let run = run_of(reply.header("location"));
    sleep(Duration::from_secs(11 * 60)).await;
    let gone = ask(&app, Method::GET, &run, &[("run-key", KEY)], "").await;
    assert_eq!((gone.status, &gone.json()["first"], &gone.json()["result"]), (StatusCode::GONE, &3.into(), &2.into()));
    let end = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", "2")], "").await;
    assert!(end.body.ends_with("event: done\nid: 3\ndata: 2\n\n"), "{}", end.body);
    let complete = ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", "3")], "").await;
    assert_eq!(complete.status, StatusCode::NO_CONTENT);
    let again = ask(&app, Method::POST, "/chat/answer", &[("idempotency-key", KEY)], "2").await;
    assert_eq!((again.status, &again.json()["result"]), (StatusCode::GONE, &2.into()));
    assert_eq!(chat.started.load(Ordering::SeqCst), 1);
    sleep(Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(ask(&app, Method::GET, &run, &[("run-key", KEY)], "").await.status, StatusCode::NOT_FOUND);
}
