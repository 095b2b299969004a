//! `HEAD`: the head of the stream in each format, and no stream.
//!
//! That nothing follows a head is seen on the connection itself, because a client of HTTP reads no further there.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::http::{HeaderMap, Method, StatusCode};
use outflow::{Controller as _, action, controller, test::Client};

use crate::support::{
    serve,
    wire::{Ask, End, PROTOCOLS},
};

#[derive(Default)]
struct Counted {
    runs: Arc<AtomicUsize>,
}

#[controller]
impl Counted {
    #[action]
    async fn run(&self) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.stream("one");
    }

    #[action(post)]
    async fn post(&self) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.stream("one");
    }
}

/// The `Accept` of each format, and its `Content-Type`.
const FORMATS: [(&str, &str); 7] = [
    ("text/event-stream", "text/event-stream"),
    ("application/jsonl", "application/x-ndjson"),
    ("application/json", "application/json"),
    ("text/csv", "text/csv"),
    ("text/plain", "text/plain; charset=utf-8"),
    ("application/octet-stream", "application/octet-stream"),
    ("application/octet-stream;charset=iso-8859-1", "application/octet-stream;charset=ISO-8859-1"),
];

/// The headers that every stream has, in the order of their names.
fn expected(content_type: &str) -> Vec<(&str, &str)> {
    let mut headers = vec![
        ("cache-control", "no-cache, no-transform"),
        ("content-type", content_type),
        ("vary", "accept, x-request-type"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
        ("x-response-type", "stream"),
    ];
    if content_type.ends_with("ISO-8859-1") {
        headers.extend([("content-encoding", "none"), ("pragma", "no-cache")]);
    }
    headers.sort_unstable();
    headers
}

/// The headers without those of the connection.
fn headers(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let of_connection = ["date", "transfer-encoding"];
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let mut headers: Vec<_> = headers.filter(|(name, _)| !of_connection.contains(name)).collect();
    headers.sort_unstable();
    headers
}

#[tokio::test]
async fn a_head_is_that_of_the_stream_and_nothing_runs() {
    let counted = Counted::default();
    let runs = counted.runs.clone();
    let addr = serve(counted.into_router()).await;
    for protocol in PROTOCOLS {
        for (accept, content_type) in FORMATS {
            let get = Ask::get(protocol, "/counted/run", accept);
            let head = Ask { method: "HEAD", ..get }.open(addr).await;
            assert_eq!(head.status, StatusCode::OK);
            assert_eq!(headers(&head.headers), expected(content_type), "{protocol:?}");
            assert!(!head.headers.contains_key("content-length"), "a stream has no length that is known");
            assert_eq!(head.nothing_more().await, End::Clean, "{accept} {protocol:?}");
            assert_eq!(runs.swap(0, Ordering::SeqCst), 0, "{accept}");

            let stream = get.open(addr).await;
            assert_eq!(headers(&stream.headers), expected(content_type), "{protocol:?}");
            assert_eq!(runs.swap(0, Ordering::SeqCst), 1, "{accept}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_of_another_method_has_no_head() {
    let counted = Counted::default();
    let runs = counted.runs.clone();
    let client = Client::new(counted);
    for (accept, _) in FORMATS {
        let mut answer = client.request(Method::HEAD, "/counted/post").accept(accept).start();
        assert_eq!(answer.head().await.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

/// `HEAD` runs extractors and negotiation, and never the action.
#[tokio::test(start_paused = true)]
async fn a_head_runs_extractors_and_negotiation_and_never_the_action() {
    struct Never;

    #[controller]
    impl Never {
        #[action(path = "/{id}")]
        async fn run(&self, id: u8) {
            self.stream(id);
            std::process::abort();
        }
    }

    let client = Client::new(Never);
    let head = |path| client.request(Method::HEAD, path);
    let of_a_stream = head("/never/1").start().head().await;
    assert_eq!(of_a_stream.status(), StatusCode::OK);
    assert_eq!(of_a_stream.headers()["content-type"], "text/event-stream");
    // Nobody knows how long the stream would be.
    assert!(!of_a_stream.headers().contains_key("content-length"));
    assert_eq!(head("/never/x").start().head().await.status(), StatusCode::BAD_REQUEST);
    let refused = head("/never/1").accept("text/html").start().head().await;
    assert_eq!(refused.status(), StatusCode::NOT_ACCEPTABLE);
}
