//! Runs at their edges: what computes, what breaks off, what is nested, what goes on without a client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, request},
};
use http_body_util::BodyExt as _;
use outflow::{
    Controller as _, Drain, Packet, action, controller,
    run::{AppendError, Keep, MemoryLog, Meta, RunId, RunLog as _, RunState, Runs},
};
use tokio::time::{sleep, timeout};
use tower_http::compression::CompressionLayer;

use crate::support::{open, send, send_body};

const KEY: &str = "0123456789abcdef012345";

#[derive(Clone, Default)]
struct Edges {
    /// How many actions have started, or have come as far as they shall.
    count: Arc<AtomicUsize>,
    /// What a follower has received.
    received: Arc<AtomicUsize>,
}

impl Edges {
    fn note(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Its destructor panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

fn somebody(_: &request::Parts) -> Option<String> {
    Some("somebody".to_owned())
}

#[controller]
impl Edges {
    /// Never awaits anything else, and waits for its follower before each packet from the third on.
    #[action(post, resumable)]
    async fn computes(&self) {
        for i in 0..10 {
            self.stream(i);
            thread::sleep(Duration::from_millis(10));
            while i > 0 && self.received.load(Ordering::SeqCst) <= i {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    #[action(post, resumable(overflow = window))]
    async fn never_waits(&self) {
        while self.count.load(Ordering::SeqCst) == 0 {
            self.stream("x");
        }
    }

    #[action(post, on_disconnect = finish)]
    async fn never_waits_either(&self) {
        while self.count.load(Ordering::SeqCst) == 0 {
            self.stream("x");
        }
    }

    #[action(post, resumable)]
    async fn fails_with_a_success(&self) -> Result<(), StatusCode> {
        if true {
            return Err(StatusCode::OK);
        }
        self.stream(1);
        Ok(())
    }

    #[action(post, resumable)]
    async fn takes_the_name_of_the_end(&self) {
        self.stream(Packet::json(&1).event("done"));
        self.note();
    }

    #[action(post, resumable(key = off, owner = somebody))]
    async fn mine(&self) {
        self.note();
        self.stream(1);
    }

    #[action(post, resumable)]
    async fn bomb(&self) {
        let _bomb = Bomb;
        self.stream(1);
        std::future::pending::<()>().await;
    }

    /// No argument reads its body.
    #[action(post, resumable)]
    async fn unread(&self) {
        self.note();
        self.stream(1);
    }

    #[action(post, resumable)]
    async fn fails_late(&self) -> Result<(), StatusCode> {
        for _ in 0..100 {
            self.stream("x".repeat(100));
        }
        Err(StatusCode::CONFLICT)
    }

    #[action(post, on_disconnect = finish)]
    async fn finishes(&self) {
        self.stream(1);
        sleep(Duration::from_secs(5)).await;
        self.note();
    }

    #[action(post, resumable)]
    async fn waits(&self) {
        std::future::pending::<()>().await;
        self.stream(1);
    }

    #[action(post, resumable)]
    async fn job(&self) {
        self.stream(1);
        sleep(Duration::from_secs(5)).await;
        self.note();
    }
}

struct Root;

#[controller("/")]
impl Root {
    #[action(post, path = "/", resumable)]
    async fn index(&self) {
        self.stream(1);
    }
}

fn post(path: &str) -> request::Builder {
    Request::post(path).header("idempotency-key", KEY)
}

fn empty(request: request::Builder) -> Request<Body> {
    request.body(Body::empty()).unwrap()
}

fn app() -> (Router, Edges) {
    let edges = Edges::default();
    (edges.clone().into_router(), edges)
}

/// Were a packet held back, the action would wait for its follower forever.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_that_computes_delivers_each_packet_on_time() {
    let (app, edges) = app();
    let mut body = open(&app, empty(post("/edges/computes"))).await.into_body();
    let mut text = String::new();
    while let Some(frame) = timeout(Duration::from_secs(30), body.frame()).await.expect("a packet was held back") {
        text.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
        edges.received.store(text.matches("data: ").count(), Ordering::SeqCst);
    }
    assert!(text.ends_with("event: done\nid: 11\ndata:\n\n"), "{text}");
}

/// In one thread: the action ends only if others come to their turn.
#[tokio::test]
async fn what_never_waits_lets_others_on() {
    for path in ["/edges/never-waits", "/edges/never-waits-either"] {
        let (app, edges) = app();
        let response = tokio::spawn(async move { drop(open(&app, empty(post(path))).await) });
        sleep(Duration::from_millis(100)).await;
        edges.note();
        response.await.unwrap();
    }
}

#[tokio::test]
async fn an_early_error_that_says_success_is_a_500() {
    let reply = send(&app().0, post("/edges/fails-with-a-success")).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn what_no_event_stream_could_carry_is_refused_where_it_is_sent() {
    let (app, edges) = app();
    send(&app, post("/edges/takes-the-name-of-the-end")).await;
    assert_eq!(edges.count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_key_keeps_a_run_from_starting_twice_where_none_is_needed_to_see_it() {
    let (app, edges) = app();
    for _ in 0..2 {
        send(&app, post("/edges/mine")).await;
    }
    assert_eq!(edges.count.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_destructor_that_panics_does_not_take_the_end_with_it() {
    let (app, _) = app();
    let response = open(&app, empty(post("/edges/bomb"))).await;
    let run = response.headers()["location"].to_str().unwrap().replace("./", "/edges/");
    assert_eq!(send(&app, Request::delete(&run).header("run-key", KEY)).await.status, StatusCode::ACCEPTED);
    let text = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("urn:outflow:run/cancelled"));
}

#[tokio::test]
async fn a_request_that_breaks_off_starts_no_run() {
    let (app, edges) = app();
    let half = futures_util::stream::iter([Ok("ha"), Err(std::io::Error::other("gone"))]);
    let reply = send_body(&app, post("/edges/unread"), Body::from_stream(half)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let again = send_body(&app, post("/edges/unread"), Body::from("half")).await;
    assert_eq!((again.status, edges.count.load(Ordering::SeqCst)), (StatusCode::OK, 1));
}

/// Where it begins is no part of what the request was.
#[tokio::test]
async fn the_same_request_may_begin_elsewhere() {
    let (app, edges) = app();
    send(&app, post("/edges/unread")).await;
    let reply = send(&app, post("/edges/unread?after=1")).await;
    assert_eq!(reply.body, "retry: 1000\nid: 1\n\nevent: done\nid: 2\ndata:\n\n");
    assert_eq!(edges.count.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_follower_is_cut_under_compression_too() {
    let app = app().0.layer(CompressionLayer::new());
    let request = post("/edges/fails-late").header("accept", "application/x-ndjson").header("accept-encoding", "gzip");
    let mut body = open(&app, empty(request)).await.into_body();
    let cut = async {
        while let Some(frame) = body.frame().await {
            if frame.is_err() {
                return true;
            }
        }
        false
    };
    assert!(timeout(Duration::from_secs(10), cut).await.expect("the cut waits"));
}

#[tokio::test(start_paused = true)]
async fn a_server_waits_for_what_goes_on_without_a_client() {
    for path in ["/edges/finishes", "/edges/job"] {
        let (app, edges) = app();
        let drain = Drain::new();
        let app = app.layer(drain.layer());
        drop(open(&app, empty(post(path))).await);
        drain.start();
        drain.idle().await;
        assert_eq!(edges.count.load(Ordering::SeqCst), 1, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_shut_down_is_lost() {
    let drain = Drain::new().grace(Duration::from_secs(1));
    let app = app().0.layer(drain.layer());
    let first = app.clone();
    let reply = tokio::spawn(async move { send(&first, post("/edges/waits")).await });
    sleep(Duration::from_millis(100)).await;
    drain.start();
    assert!(reply.await.unwrap().body.contains("urn:outflow:run/lost"));
    let again = send(&app, post("/edges/waits")).await;
    assert_eq!((again.status, again.header("run-state")), (StatusCode::SERVICE_UNAVAILABLE, "lost"));
}

#[tokio::test]
async fn routers_under_other_paths_share_no_runs() {
    let runs = Runs::new(MemoryLog::new());
    let (one, first) = app();
    let (two, second) = app();
    let app: Router = Router::new().nest("/v1", one).nest("/v2", two).layer(runs.layer());
    let reply = send(&app, post("/v1/edges/unread")).await;
    send(&app, post("/v2/edges/unread")).await;
    assert_eq!((first.count.load(Ordering::SeqCst), second.count.load(Ordering::SeqCst)), (1, 1));
    let run = reply.header("location").replace("./", "/v2/edges/");
    assert_eq!(send(&app, Request::get(&run).header("run-key", KEY)).await.status, StatusCode::NOT_FOUND);

    let root = Router::new().nest("/api", Root.into_router());
    assert!(send(&root, post("/api")).await.header("location").starts_with("./api/runs/"));
}

#[tokio::test]
async fn nothing_about_runs_is_stored_on_the_way() {
    let (app, _) = app();
    let started = send(&app, post("/edges/unread")).await;
    let run = started.header("location").replace("./", "/edges/");
    let ahead = send(&app, Request::get(&run).header("run-key", KEY).header("last-event-id", "99")).await;
    let unknown = send(&app, Request::get("/edges/mine/runs/x")).await;
    let other = send_body(&app, post("/edges/unread"), Body::from("other")).await;
    let early = send(&app, post("/edges/fails-with-a-success")).await;
    for reply in [started, ahead, unknown, other, early] {
        assert_eq!(reply.header("cache-control"), "no-store, no-transform", "{}", reply.status);
    }
}

fn meta() -> Meta {
    Meta { action: "/".to_owned(), key: None, owner: None, claim: None, keep: Keep::DEFAULT }
}

#[tokio::test(start_paused = true)]
async fn the_memory_is_bounded_and_ended_runs_make_room() {
    let log = MemoryLog::new();
    let megabyte = bytes::Bytes::from(vec![b'd'; 1 << 20]);
    for _ in 0..300 {
        let run = RunId::random();
        let writer = log.open(&run, meta()).await.unwrap();
        log.close(&writer, 1, RunState::Done, megabyte.clone()).await.unwrap();
    }
    let mut open = Vec::new();
    let refused = 'full: loop {
        let run = RunId::random();
        let writer = log.open(&run, meta()).await.unwrap();
        for number in 1..=10 {
            if let Err(error) = log.append(&writer, number, [&megabyte].into()).await {
                break 'full error;
            }
        }
        open.push(writer);
    };
    assert!(matches!(refused, AppendError::Full), "{refused:?}");
    // What is open is never dropped for others: 25 runs of 10 MiB.
    assert_eq!(open.len(), 25);
}
