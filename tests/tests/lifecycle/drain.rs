//! The server stops in the middle of a stream.

use std::{future::pending, sync::Arc, time::Duration};

use axum::http::StatusCode;
use outflow::{Controller as _, Drain, action, controller, test::Client};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
    time::{Instant, sleep},
};

use crate::support::soon;

#[derive(Clone)]
struct Deploy {
    /// A permit for each action that was dropped.
    dropped: Arc<Semaphore>,
    started: Arc<Notify>,
}

impl Deploy {
    fn new() -> Self {
        Self { dropped: Arc::new(Semaphore::new(0)), started: Arc::default() }
    }
}

struct OnDrop(Arc<Semaphore>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

#[controller]
impl Deploy {
    /// Sends two packets, the second after 10 seconds.
    #[action]
    async fn short(&self) -> &'static str {
        self.stream(1);
        sleep(Duration::from_secs(10)).await;
        self.stream(2);
        "whole"
    }

    #[action]
    async fn endless(&self) {
        let _dropped = OnDrop(self.dropped.clone());
        self.stream(1);
        pending::<()>().await;
    }

    #[action(on_shutdown = close)]
    async fn close(&self) {
        let _dropped = OnDrop(self.dropped.clone());
        self.stream(1);
        pending::<()>().await;
    }

    #[action(on_shutdown = close, open_after = "1h")]
    async fn silent(&self) {
        self.started.notify_one();
        pending::<()>().await;
        self.stream(1);
    }

    #[action]
    async fn flood(&self) {
        let _dropped = OnDrop(self.dropped.clone());
        loop {
            self.stream("x".repeat(1000));
        }
    }
}

fn drain() -> Drain {
    Drain::new().grace(Duration::from_secs(30))
}

/// The layer is the application's own, so that the server still takes connections.
#[tokio::test(start_paused = true)]
async fn open_streams_finish_and_no_new_one_is_let_in() {
    let drain = drain();
    let client = Client::new(Deploy::new().into_router().layer(drain.layer()));
    let mut open = client.get("/deploy/short").start();
    open.packet::<u8>().await;
    drain.start();
    drain.start();

    let mut turned_away = client.get("/deploy/short").start();
    let head = turned_away.head().await;
    assert_eq!(head.headers()["retry-after"], "3");
    assert_eq!(head.headers()["connection"], "close");
    let failed = turned_away.failed().await;
    let expected = (StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down");
    assert_eq!((failed.status(), failed.detail()), expected);
    let mut event_source = client.get("/deploy/short").accept("text/event-stream").header("last-event-id", "1").start();
    assert!(event_source.wire().await.starts_with(b"retry: "));

    let expected = "data: 1\n\ndata: 2\n\nevent: done\nid: outflow-end\ndata: \"whole\"\n\n";
    assert_eq!(open.text().await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_open_at_the_end_of_the_grace_period_fails_with_503() {
    let client = Client::with_drain(Deploy::new(), drain()).limit(Duration::from_secs(60));
    let mut answer = client.get("/deploy/endless").start();
    answer.packet::<u8>().await;
    let start = Instant::now();
    client.drain();
    let failed = answer.failed().await;
    assert_eq!(start.elapsed().as_secs(), 30);
    let expected = (StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down");
    assert_eq!((failed.status(), failed.detail()), expected);
    client.dropped("/deploy/endless").await;
    // Heartbeats have come before. There is no id, so that an `EventSource` comes back.
    let text = String::from_utf8(answer.wire().await.into()).unwrap();
    assert!(text.replace(":\n", "").starts_with("data: 1\n\nevent: error\ndata: {"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_closes_tells_its_client_at_once_to_come_back() {
    for (accept, is_told) in [("text/event-stream", true), ("application/x-ndjson", false), ("application/json", false)]
    {
        let client = Client::with_drain(Deploy::new(), drain());
        let mut answer = client.get("/deploy/close").accept(accept).start();
        answer.packet::<u8>().await;
        let start = Instant::now();
        client.drain();
        let why = answer.cut().await;
        assert_eq!(start.elapsed().as_secs(), 0, "{accept}");
        client.dropped("/deploy/close").await;
        let text = String::from_utf8(answer.wire().await.into()).unwrap();
        let rest = ["data: 1\n\n", "1\n", "{\"items\":[1"].iter().find_map(|first| text.strip_prefix(first)).unwrap();
        // The clean end of a body, or none.
        assert_eq!(why.starts_with("the body ended without `done`"), is_told, "{accept}: {why}");
        if is_told {
            assert!(rest.starts_with("retry: ") && rest.find('\n') == Some(rest.len() - 1), "{rest}");
        } else {
            assert_eq!(rest, "", "{accept}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_not_answered_yet_answers_503() {
    let deploy = Deploy::new();
    let started = deploy.started.clone();
    let client = Client::with_drain(deploy, Drain::new());
    let mut answer = client.get("/deploy/silent").start();
    soon("the start", started.notified()).await;
    client.drain();
    assert_eq!(answer.failed().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.head().await.headers()["retry-after"], "3");
}

/// With a plain `axum::serve`, whose end can be awaited here. A client that reads nothing cannot be told, so its
/// connection is cut.
#[tokio::test]
async fn the_drain_ends_an_axum_server_whose_clients_read_nothing() {
    let deploy = Deploy::new();
    let dropped = deploy.dropped.clone();
    let drain = Drain::new().grace(Duration::from_millis(200));
    let listener = drain.listener(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addr = axum::serve::Listener::local_addr(&listener).unwrap();
    let app = deploy.into_router().layer(drain.layer());
    let serving = axum::serve(listener, app).with_graceful_shutdown(drain.started());
    let serving = tokio::spawn(async { serving.await });

    let mut reading = TcpStream::connect(addr).await.unwrap();
    reading.write_all(b"GET /deploy/endless HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert!(soon("the head", reading.read(&mut [0; 512])).await.unwrap() > 0);
    let mut stalled = TcpStream::connect(addr).await.unwrap();
    stalled.write_all(b"GET /deploy/flood HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert!(soon("the head", stalled.read(&mut [0; 512])).await.unwrap() > 0);

    drain.start();
    let mut text = String::new();
    soon("the end of the stream", reading.read_to_string(&mut text)).await.unwrap();
    assert!(text.contains("event: error\ndata: ") && text.ends_with("\r\n0\r\n\r\n"), "{text}");
    soon("the end of the server", serving).await.unwrap().unwrap();
    drop(soon("the end of both actions", dropped.acquire_many(2)).await.unwrap());
}
