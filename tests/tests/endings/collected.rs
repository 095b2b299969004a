//! A body that fails is cut only when its frames have left, but a reader that keeps them all does not wait for that: a
//! test that collects the body, or a layer that buffers it. They are read without a connection, which would take
//! the frames away.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes, HttpBody as _, to_bytes},
    http::{Request, StatusCode},
};
use http_body_util::BodyExt as _;
use outflow::{Controller as _, action, controller};
use tokio::time::{Instant, sleep};
use tower_http::trace::TraceLayer;

use crate::support::{empty, open, soon};

struct Rows;

#[controller]
impl Rows {
    #[action]
    async fn live(&self) -> Result<(), StatusCode> {
        self.rows().await
    }

    #[action(post, resumable)]
    async fn run(&self) -> Result<(), StatusCode> {
        self.rows().await
    }

    async fn rows(&self) -> Result<(), StatusCode> {
        self.stream("one");
        sleep(Duration::from_secs(1)).await;
        self.stream("two");
        Err(StatusCode::CONFLICT)
    }
}

/// The formats that are cut, and what they write before that.
const CUT: [(&str, &str); 4] = [
    ("application/x-ndjson", "\"one\"\n\"two\"\n"),
    ("text/csv", "one\r\ntwo\r\n"),
    ("text/plain", "onetwo"),
    ("application/octet-stream", "onetwo"),
];

const PATHS: [(&str, &str); 2] = [("GET", "/rows/live"), ("POST", "/rows/run")];

async fn body((method, path): (&str, &str), accept: &str) -> Body {
    let request = Request::builder().method(method).uri(path).header("accept", accept);
    // The layer asks after each frame whether it was the last one.
    let app: Router = Rows.into_router().layer(TraceLayer::new_for_http());
    open(&app, empty(request)).await.into_body()
}

/// Reads a body to the error at its end, and keeps the frames.
async fn frames(body: &mut Body) -> Vec<Bytes> {
    let mut frames = Vec::new();
    while let Some(Ok(frame)) = soon("a frame", body.frame()).await {
        frames.push(frame.into_data().unwrap());
    }
    frames
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_cut_is_collected_without_a_wait() {
    for (asked, (accept, expected)) in PATHS.into_iter().flat_map(|asked| CUT.map(|format| (asked, format))) {
        let start = Instant::now();
        assert!(soon("the error", body(asked, accept).await.collect()).await.is_err(), "{accept}");
        assert!(soon("the error", to_bytes(body(asked, accept).await, usize::MAX)).await.is_err(), "{accept}");
        assert_eq!(frames(&mut body(asked, accept).await).await.concat(), expected.as_bytes());
        // Three bodies, which take a second each.
        assert!(start.elapsed() < Duration::from_secs(6), "{:?} for {accept}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_a_record_of_its_own_is_collected_at_once() {
    for (asked, accept) in
        PATHS.into_iter().flat_map(|asked| ["text/event-stream", "application/json"].map(|accept| (asked, accept)))
    {
        let start = Instant::now();
        let text = soon("the body", body(asked, accept).await.collect()).await.unwrap().to_bytes();
        assert!(text.windows(8).any(|bytes| bytes == b"Conflict"), "{text:?}");
        assert_eq!(start.elapsed().as_secs(), 1, "{accept}");
    }
}

/// A connection asks first whether there is a body. It is given a minute in which it writes nothing.
#[tokio::test(start_paused = true)]
async fn a_connection_that_keeps_frames_is_waited_for() {
    let mut body = body(PATHS[0], "text/plain").await;
    assert!(!body.is_end_stream());
    let start = Instant::now();
    assert_eq!(frames(&mut body).await.concat(), b"onetwo");
    assert_eq!(start.elapsed().as_secs(), 61);
}

/// Layers may hide the question. Then the first frame that leaves shows that the others will.
#[tokio::test(start_paused = true)]
async fn a_reader_that_has_let_go_of_a_frame_is_waited_for() {
    let mut body = body(PATHS[0], "text/plain").await;
    let start = Instant::now();
    drop(body.frame().await.unwrap().unwrap());
    let kept = body.frame().await.unwrap().unwrap();
    tokio::spawn(async move {
        sleep(Duration::from_secs(30)).await;
        drop(kept);
    });
    assert!(frames(&mut body).await.concat().is_empty());
    assert_eq!(start.elapsed().as_secs(), 31);
}
