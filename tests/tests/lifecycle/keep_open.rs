//! The paths that are answered while a server stops.

use std::{future::pending, time::Duration};

use axum::{
    Extension, Router,
    http::{HeaderValue, StatusCode},
    routing::get,
};
use futures_util::FutureExt as _;
use outflow::{Controller as _, Drain, action, controller, test::Client};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, sleep},
};

use crate::support::{pipe::Pipes, soon};

struct Work;

#[controller]
impl Work {
    /// Takes 10 seconds.
    #[action]
    async fn short(&self) {
        self.stream("begun");
        sleep(Duration::from_secs(10)).await;
    }

    #[action]
    async fn endless(&self) {
        self.stream("begun");
        pending::<()>().await;
    }

    /// Takes 20 seconds, with or without its client.
    #[action(on_disconnect = finish)]
    async fn detached(&self) {
        self.stream("begun");
        sleep(Duration::from_secs(20)).await;
    }
}

async fn ready(Extension(drain): Extension<Drain>) -> StatusCode {
    if drain.is_draining() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

fn app() -> Router {
    Router::new()
        .route("/metrics", get("streams 1"))
        .route("/ready", get(ready))
        .route("/page", get("a page"))
        .merge(Work.into_router())
}

fn drain() -> Drain {
    Drain::new().grace(Duration::from_secs(30)).keep_open(["/metrics", "/ready"])
}

/// Each request of a test client has a connection of its own.
#[tokio::test(start_paused = true)]
async fn they_are_answered_on_new_connections_and_everything_else_is_refused() {
    let client = Client::with_drain(app(), drain());
    let mut stream = client.get("/work/short").start();
    assert_eq!(stream.packet::<String>().await, "begun");
    assert_eq!(client.get("/ready").start().text().await, "");
    client.drain();

    let mut metrics = client.get("/metrics?all").start();
    assert_eq!(metrics.head().await.headers()["connection"], "close");
    assert_eq!(metrics.text().await, "streams 1");
    let ready = client.get("/ready").start().head().await;
    assert_eq!((ready.status(), ready.headers().get("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, None));

    for path in ["/page", "/work/short", "/metrics/more"] {
        let mut refused = client.get(path).start();
        let head = refused.head().await;
        assert_eq!(head.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(
            (&head.headers()["retry-after"], &head.headers()["connection"]),
            (&HeaderValue::from_static("3"), &HeaderValue::from_static("close"))
        );
        assert_eq!(refused.failed().await.detail(), "the server is shutting down", "{path}");
    }
    stream.done::<()>().await;
}

/// An `EventSource` that comes back is told to try again later, because it would give up for good on a 503. A header alone
/// is no `EventSource`.
#[tokio::test(start_paused = true)]
async fn only_an_event_source_that_comes_back_gets_another_answer() {
    let client = Client::with_drain(app(), drain());
    let mut stream = client.get("/work/short").start();
    assert_eq!(stream.packet::<String>().await, "begun");
    client.drain();
    let back =
        client.get("/work/endless").header("last-event-id", "1").accept("text/event-stream").start().wire().await;
    assert!(back.starts_with(b"retry: "), "{back:?}");
    for path in ["/page", "/work/endless"] {
        let failed = client.get(path).header("last-event-id", "1").start().failed().await;
        assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    stream.done::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn over_http_2_too() {
    let client = Client::with_drain(app(), drain()).http2();
    let mut stream = client.get("/work/short").start();
    assert_eq!(stream.packet::<String>().await, "begun");
    client.drain();
    assert_eq!(client.get("/metrics").start().text().await, "streams 1");
    assert_eq!(client.get("/page").start().failed().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    stream.done::<()>().await;
}

/// How long after the drain has begun a server with these streams closes its listener, and returns.
async fn closes_after(paths: &[&str], leave: bool) -> (Duration, Duration) {
    let (drain, (pipes, accepted)) = (drain(), Pipes::new(1024));
    let app = app().layer(drain.layer());
    let serving = axum::serve(drain.listener(accepted), app).with_graceful_shutdown(drain.started());
    let idle = drain.clone();
    let serving = tokio::spawn(async move {
        serving.await.unwrap();
        idle.idle().await;
    });
    let mut clients = Vec::new();
    for path in paths {
        let mut client = pipes.connect();
        client.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await.unwrap();
        assert!(soon("the head", client.read(&mut [0; 16])).await.unwrap() > 0);
        clients.push(client);
    }
    if leave {
        clients.clear();
    }
    let start = Instant::now();
    drain.start();
    soon("the end of the listener", drain.started()).await;
    let closed = start.elapsed();
    soon("the end of the server", serving).await.unwrap();
    (closed, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_listener_closes_when_the_last_work_has_ended_or_the_grace_period() {
    let seconds = Duration::from_secs;
    assert_eq!(closes_after(&[], false).await.0, seconds(0));
    assert_eq!(closes_after(&["/metrics"], false).await.0, seconds(0), "such a request is no work");
    assert_eq!(closes_after(&["/work/short"], false).await, (seconds(10), seconds(10)));
    assert_eq!(closes_after(&["/work/detached"], true).await, (seconds(20), seconds(20)));
    assert_eq!(closes_after(&["/work/short", "/work/endless"], false).await, (seconds(30), seconds(30)));
}

#[tokio::test(start_paused = true)]
async fn without_such_paths_it_closes_at_once() {
    let client = Client::new(app());
    let mut stream = client.get("/work/short").start();
    stream.packet::<String>().await;
    client.drain();
    stream.done::<()>().await;
    let drain = Drain::new();
    drain.start();
    assert!(drain.started().now_or_never().is_some());
}
