//! A run starts, goes on without its client, and can be read from any packet on. Also where it is found.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    http::{Method, StatusCode},
};
use outflow::{
    Controller as _, action, controller,
    run::{MemoryLog, RunState, Runs},
    test::{Client, after},
};
use tokio::sync::Semaphore;

use crate::support::runs::KEY;

#[derive(Clone)]
struct Chat {
    started: Arc<AtomicUsize>,
    /// A permit for each word that may be sent.
    words: Arc<Semaphore>,
}

#[controller]
impl Chat {
    #[action(post, path = "/answer/{words}", resumable)]
    async fn answer(&self, words: u32) -> u32 {
        self.started.fetch_add(1, Ordering::SeqCst);
        for i in 1..=words {
            self.words.acquire().await.unwrap().forget();
            self.stream(format!("word {i}"));
        }
        words
    }

    #[action(post, resumable, path = "/slash/")]
    async fn slash(&self) {
        self.stream(1);
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

fn app(words: usize) -> (Router, Chat) {
    let chat = Chat { started: Arc::default(), words: Arc::new(Semaphore::new(words)) };
    (chat.clone().into_router(), chat)
}

const WHOLE: &str =
    "retry: 1000\nid: 0\nid: 1\ndata: \"word 1\"\n\nid: 2\ndata: \"word 2\"\n\nevent: done\nid: 3\ndata: 2\n\n";

/// To the last byte.
#[tokio::test]
async fn a_run_is_read_whole_and_then_again_from_any_packet_on() {
    let client = Client::new(app(2).0);
    let mut first = client.post("/chat/answer/2").start();
    let head = first.head().await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["cache-control"], "no-store, no-transform");
    assert_eq!(first.wire().await, WHOLE);

    let run = first.run();
    for (cursor, expected) in [
        (0, WHOLE),
        (1, "retry: 1000\nid: 1\nid: 2\ndata: \"word 2\"\n\nevent: done\nid: 3\ndata: 2\n\n"),
        (2, "retry: 1000\nid: 2\nevent: done\nid: 3\ndata: 2\n\n"),
    ] {
        let mut answer = client.follow(&run, after(cursor)).start();
        assert_eq!((answer.head().await.status(), &*answer.wire().await), (StatusCode::OK, expected.as_bytes()));
    }
    let rows = client.get(&format!("{}?after=1", run.path())).header("run-key", run.key().unwrap());
    assert_eq!(rows.accept("application/x-ndjson").start().text().await, "\"word 2\"\n");

    let mut behind = client.follow(&run, after(3)).start();
    assert_eq!((behind.head().await.status(), &*behind.wire().await), (StatusCode::NO_CONTENT, &b""[..]));
    let state = client.request(Method::HEAD, run.path()).header("run-key", run.key().unwrap()).start().head().await;
    assert_eq!(state.headers()["run-state"], "done");
    assert_eq!(state.headers()["run-tail"], "3");
}

#[tokio::test]
async fn it_goes_on_without_its_client() {
    let (app, chat) = app(1);
    let client = Client::new(app);
    let mut first = client.post("/chat/answer/3").start();
    assert_eq!(first.packet::<String>().await, "word 1");
    first.leave();
    chat.words.add_permits(2);
    let mut second = client.follow(first.run(), after(1)).start();
    assert_eq!(second.packets::<String, 2>().await, ["word 2", "word 3"]);
    assert_eq!(second.done::<u32>().await, 3);
    assert!(second.wire().await.ends_with(b"id: 3\ndata: \"word 3\"\n\nevent: done\nid: 4\ndata: 3\n\n"));
    assert_eq!(chat.started.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_head_says_where_the_run_is() {
    let client = Client::new(app(2).0);
    // At the start, in the middle, at the end and behind it.
    for cursor in ["0", "1", "3", "9"] {
        let request = client.post("/chat/answer/2").header("idempotency-key", KEY).header("last-event-id", cursor);
        let mut answer = request.start();
        answer.head().await;
        answer.wire().await;
        assert!(answer.run().path().starts_with("/chat/answer/2/runs/"), "{cursor}: {answer:?}");
    }
}

#[tokio::test]
async fn a_path_with_a_slash_at_its_end_has_runs() {
    has_runs(app(0).0, "/chat/slash/").await;
}

#[tokio::test]
async fn a_root_nested_under_a_slash_has_runs() {
    has_runs(Router::new().nest("/api/", Root.into_router()), "/api/").await;
}

async fn has_runs(app: Router, path: &str) {
    let client = Client::new(app);
    let mut answer = client.post(path).start();
    answer.done::<()>().await;
    assert_eq!(client.state(answer.run()).await, RunState::Done);
}

#[tokio::test]
async fn routers_under_other_paths_share_no_runs() {
    let runs = Runs::new(MemoryLog::new());
    let (one, first) = app(0);
    let (two, second) = app(0);
    let client = Client::new(Router::new().nest("/v1", one).nest("/v2", two).layer(runs.layer()));
    let mut places = Vec::new();
    for path in ["/v1/chat/answer/0", "/v2/chat/answer/0"] {
        let mut answer = client.post(path).header("idempotency-key", KEY).start();
        answer.done::<u32>().await;
        places.push(answer.run());
    }
    assert_eq!((first.started.load(Ordering::SeqCst), second.started.load(Ordering::SeqCst)), (1, 1));
    let elsewhere = places[0].path().replace("/v1/", "/v2/");
    let head = client.get(&elsewhere).header("run-key", KEY).start().head().await;
    assert_eq!(head.status(), StatusCode::NOT_FOUND);

    let root = Client::new(Router::new().nest("/api", Root.into_router()));
    let mut answer = root.post("/api").start();
    let head = answer.head().await;
    answer.done::<()>().await;
    assert!(head.headers()["location"].to_str().unwrap().starts_with("./api/runs/"), "{head:?}");
}

/// `GET` and `HEAD`, refusals and early failures alike.
#[tokio::test]
async fn nothing_about_runs_is_stored_on_the_way() {
    struct Edges;

    #[controller]
    impl Edges {
        #[action(post, resumable)]
        async fn quick(&self) {
            self.stream(1);
        }

        #[action(post, resumable)]
        async fn fails(&self) -> Result<(), StatusCode> {
            Err(StatusCode::CONFLICT)?;
            self.stream(1);
            Ok(())
        }
    }

    let client = Client::new(Edges);
    let quick = || client.post("/edges/quick").header("idempotency-key", KEY);
    let mut first = quick().start();
    first.done::<()>().await;
    let ahead = client.follow(first.run(), after(99)).start();
    let unknown = client.get("/edges/fails/runs/x").start();
    let other = quick().body("other").start();
    let early = client.post("/edges/fails").start();
    for mut answer in [first, ahead, unknown, other, early] {
        let head = answer.head().await;
        assert_eq!(head.headers()["cache-control"], "no-store, no-transform", "{}", head.status());
    }
}
