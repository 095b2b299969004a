//! The server stops in the middle of a stream.

use std::{future::pending, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{Request, StatusCode},
    response::Response,
};
use outflow::{Controller as _, Drain, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
    time::{Instant, sleep},
};

use crate::support::{empty, frame, get, open, read, send, soon, wire::End};

#[derive(Clone)]
struct Deploy {
    /// A permit for each action that was dropped.
    dropped: Arc<Semaphore>,
    started: Arc<Notify>,
}

impl Deploy {
    fn new() -> (Self, Arc<Semaphore>) {
        let dropped = Arc::new(Semaphore::new(0));
        (Self { dropped: dropped.clone(), started: Arc::default() }, dropped)
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

fn app() -> (Router, Drain, Arc<Semaphore>) {
    let (deploy, dropped) = Deploy::new();
    let drain = Drain::new().grace(Duration::from_secs(30));
    (deploy.into_router().layer(drain.layer()), drain, dropped)
}

async fn open_as(app: &Router, path: &str, accept: &str) -> Response {
    open(app, empty(Request::get(path).header("accept", accept))).await
}

#[tokio::test(start_paused = true)]
async fn open_streams_finish_and_no_new_one_is_let_in() {
    let (app, drain, _) = app();
    let response = open_as(&app, "/deploy/short", "*/*").await;
    drain.start();
    drain.start();

    let reply = get(&app, "/deploy/short").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((reply.header("retry-after"), reply.header("connection")), ("3", "close"));
    assert_eq!(reply.json()["detail"], "the server is shutting down");
    let event_source = Request::get("/deploy/short").header("last-event-id", "1");
    assert!(send(&app, event_source).await.body.starts_with("retry: "));

    let expected = "data: 1\n\ndata: 2\n\nevent: done\nid: outflow-end\ndata: \"whole\"\n\n";
    assert_eq!(read(response.into_body()).await, (expected.to_owned(), End::Clean));
}

#[tokio::test(start_paused = true)]
async fn what_is_open_at_the_end_of_the_grace_period_fails_with_503() {
    let (app, drain, dropped) = app();
    let mut body = open_as(&app, "/deploy/endless", "text/event-stream").await.into_body();
    assert!(frame(&mut body).await.is_some());
    let start = Instant::now();
    drain.start();
    let (text, end) = read(body).await;
    assert_eq!((start.elapsed().as_secs(), end), (30, End::Clean));
    drop(soon("the end of the action", dropped.acquire()).await.unwrap());
    // Two heartbeats have come before. There is no id, so that an `EventSource` comes back.
    let problem = text.trim_start_matches(":\n").strip_prefix("event: error\ndata: ").unwrap();
    let problem: serde_json::Value = serde_json::from_str(problem.trim_end()).unwrap();
    assert_eq!((&problem["status"], &problem["detail"]), (&503.into(), &"the server is shutting down".into()));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_closes_tells_its_client_at_once_to_come_back() {
    for (accept, expected) in
        [("text/event-stream", End::Clean), ("application/x-ndjson", End::Cut), ("application/json", End::Cut)]
    {
        let (app, drain, dropped) = app();
        let mut body = open_as(&app, "/deploy/close", accept).await.into_body();
        assert!(frame(&mut body).await.is_some());
        let start = Instant::now();
        drain.start();
        let (text, end) = read(body).await;
        assert_eq!((start.elapsed().as_secs(), end), (0, expected), "{accept}");
        if end == End::Clean {
            assert!(
                text.starts_with("retry: ")
                    && text.ends_with('\n')
                    && !text.contains("\n\n")
                    && !text.contains("event:"),
                "{text}"
            );
        } else {
            assert_eq!(text, "", "{accept}");
        }
        drop(soon("the end of the action", dropped.acquire()).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_not_answered_yet_answers_503() {
    let (deploy, _) = Deploy::new();
    let (drain, started) = (Drain::new(), deploy.started.clone());
    let app = deploy.into_router().layer(drain.layer());
    let response = tokio::spawn(async move { open_as(&app, "/deploy/silent", "*/*").await });
    soon("the start", started.notified()).await;
    drain.start();
    let response = response.await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "3");
}

/// With a plain `axum::serve`. A client that reads nothing cannot be told, so its connection is cut.
#[tokio::test]
async fn the_drain_ends_an_axum_server_whose_clients_read_nothing() {
    let (deploy, dropped) = Deploy::new();
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
