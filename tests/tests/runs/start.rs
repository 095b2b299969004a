//! A run starts, goes on without its client, and can be read from any packet on. Also where it is found.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use outflow::{
    Controller as _, action, controller,
    run::{MemoryLog, Runs},
};
use tokio::sync::Semaphore;

use crate::support::{
    ask, open, read_until,
    runs::{KEY, complete, follow_after, get_run, head, location, post, start, state},
    send, send_body,
};

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

#[tokio::test]
async fn a_run_is_read_whole_and_then_again_from_any_packet_on() {
    let (app, _) = app(2);
    let (reply, run) = complete(&app, "/chat/answer/2").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("cache-control"), "no-store, no-transform");
    assert_eq!(reply.body, WHOLE);

    for (cursor, expected) in [
        ("0", WHOLE),
        ("1", "retry: 1000\nid: 1\nid: 2\ndata: \"word 2\"\n\nevent: done\nid: 3\ndata: 2\n\n"),
        ("2", "retry: 1000\nid: 2\nevent: done\nid: 3\ndata: 2\n\n"),
    ] {
        let reply = follow_after(&app, &run, cursor).await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::OK, expected));
    }
    let rows = [("run-key", KEY), ("accept", "application/x-ndjson")];
    assert_eq!(ask(&app, Method::GET, &format!("{run}?after=1"), &rows).await.body, "\"word 2\"\n");

    let reply = follow_after(&app, &run, "3").await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::NO_CONTENT, ""));
    assert_eq!(head(&app, &run).await, ("done".to_owned(), 3));
}

#[tokio::test]
async fn it_goes_on_without_its_client() {
    let (app, chat) = app(1);
    let mut started = start(&app, "/chat/answer/3").await;
    read_until(&mut started.body, "id: 1\n").await;
    drop(started.body);
    chat.words.add_permits(2);
    let reply = follow_after(&app, &started.run, "1").await;
    assert!(reply.body.ends_with("id: 3\ndata: \"word 3\"\n\nevent: done\nid: 4\ndata: 3\n\n"), "{}", reply.body);
    assert_eq!(chat.started.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_head_says_where_the_run_is() {
    let (app, _) = app(2);
    send(&app, post("/chat/answer/2").header("last-event-id", "0")).await;
    // In the middle, at the end and behind it.
    for cursor in ["1", "3", "9"] {
        let reply = send(&app, post("/chat/answer/2").header("last-event-id", cursor)).await;
        assert_ne!(reply.header("location"), "", "{cursor}: {} {}", reply.status, reply.body);
    }
}

#[tokio::test]
async fn a_path_with_a_slash_at_its_end_has_runs() {
    let (app, _) = app(0);
    let run = start(&app, "/chat/slash/").await.run;
    assert_eq!(state(&app, &run).await, "done", "{run}");
}

#[tokio::test]
async fn a_root_nested_under_a_slash_has_runs() {
    let app = Router::new().nest("/api/", Root.into_router());
    let run = start(&app, "/api/").await.run;
    assert_eq!(state(&app, &run).await, "done", "{run}");
}

#[tokio::test]
async fn routers_under_other_paths_share_no_runs() {
    let runs = Runs::new(MemoryLog::new());
    let (one, first) = app(0);
    let (two, second) = app(0);
    let app = Router::new().nest("/v1", one).nest("/v2", two).layer(runs.layer());
    let (reply, _) = complete(&app, "/v1/chat/answer/0").await;
    complete(&app, "/v2/chat/answer/0").await;
    assert_eq!((first.started.load(Ordering::SeqCst), second.started.load(Ordering::SeqCst)), (1, 1));
    let elsewhere = location("/v2/chat/answer/0", &reply.headers);
    assert_eq!(open(&app, get_run(&elsewhere)).await.status(), StatusCode::NOT_FOUND);

    let root = Router::new().nest("/api", Root.into_router());
    assert!(send(&root, post("/api")).await.header("location").starts_with("./api/runs/"));
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

    let app = Edges.into_router();
    let (started, run) = complete(&app, "/edges/quick").await;
    let ahead = follow_after(&app, &run, "99").await;
    let unknown = send(&app, Request::get("/edges/fails/runs/x")).await;
    let other = send_body(&app, post("/edges/quick"), Body::from("other")).await;
    let early = send(&app, post("/edges/fails")).await;
    for reply in [started, ahead, unknown, other, early] {
        assert_eq!(reply.header("cache-control"), "no-store, no-transform", "{}", reply.status);
    }
}
