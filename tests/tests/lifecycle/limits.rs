//! The limits of a stream: its action's timeout, the number of open streams, a client that reads nothing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    http::{Request, StatusCode},
};
use outflow::{Controller as _, Drain, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::sleep,
};

use crate::support::{OnDrop, each_frame, get, open_get, send, serve_drained, soon};

#[derive(Clone, Default)]
struct Limited {
    dropped: Arc<Notify>,
}

#[controller]
impl Limited {
    #[action(timeout = "2s", path = "/slow/{packets}")]
    async fn slow(&self, packets: u32) {
        let _dropped = OnDrop(self.dropped.clone());
        for i in 0..packets {
            self.stream(i);
        }
        sleep(Duration::from_secs(60)).await;
    }

    #[action(timeout = "200ms")]
    async fn never_waits(&self) {
        for i in 0.. {
            self.stream(i);
        }
    }

    #[action(timeout = "2s")]
    async fn quick(&self) -> u8 {
        self.stream(1);
        7
    }

    #[action]
    async fn flood(&self) {
        let _dropped = OnDrop(self.dropped.clone());
        loop {
            self.stream("x".repeat(1000));
        }
    }

    #[action]
    async fn open(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action]
    async fn plain(&self) -> Json<u8> {
        Json(1)
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_that_takes_too_long_fails_with_504() {
    let limited = Limited::default();
    let app = limited.clone().into_router();
    // Within `open_after` nothing is known, so the head is out by then.
    let reply = get(&app, "/limited/slow/0").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.last_event("error")["status"], 504);
    soon("the end of the action", limited.dropped.notified()).await;

    let reply = get(&app, "/limited/slow/2").await;
    assert!(reply.body.starts_with("data: 0\n\ndata: 1\n\n"), "{}", reply.body);
    assert_eq!(reply.last_event("error")["detail"], "the action took too long");
    soon("the end of the action", limited.dropped.notified()).await;

    let reply = get(&app, "/limited/quick").await;
    assert_eq!(reply.last_event("done"), 7);
}

/// The test does not look at the clock: it ends because the action does.
#[tokio::test]
async fn also_one_that_never_waits_for_anything_but_its_client() {
    let app = Limited::default().into_router();
    let mut last = String::new();
    each_frame(open_get(&app, "/limited/never-waits").await.into_body(), |frame| last = frame).await;
    assert!(last.contains("event: error"), "{last}");
}

#[tokio::test]
async fn one_stream_too_many_is_told_to_come_back() {
    let drain = Drain::new().max_streams(2);
    let app = Limited::default().into_router().layer(drain.layer());
    let first = open_get(&app, "/limited/open").await;
    let _second = open_get(&app, "/limited/open").await;

    let reply = get(&app, "/limited/open").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.header("retry-after"), "3");
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.json()["detail"], "too many streams are open");
    // An action that does not stream is not counted.
    assert_eq!(get(&app, "/limited/plain").await.body, "1");

    // An `EventSource` would give up for good on a 503.
    let event_source = Request::get("/limited/open").header("accept", "text/event-stream").header("last-event-id", "7");
    let reply = send(&app, event_source).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("connection"), "close");
    let delay: u64 = reply.body.strip_prefix("retry: ").unwrap().trim_end().parse().unwrap();
    assert!((1_500..=4_500).contains(&delay), "{delay}");

    drop(first);
    assert_eq!(open_get(&app, "/limited/open").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_off() {
    let limited = Limited::default();
    let drain = Drain::new().stall_timeout(Duration::from_millis(300));
    let addr = serve_drained(&drain, limited.clone().into_router()).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(b"GET /limited/flood HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let start = Instant::now();
    soon("the end of the action", limited.dropped.notified()).await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    // The client can still read what had left; then the connection is gone.
    let mut rest = Vec::new();
    let _ = soon("the end of the connection", client.read_to_end(&mut rest)).await;
    assert!(!rest.ends_with(b"0\r\n\r\n"));
}

#[tokio::test]
async fn a_stall_timeout_may_be_for_ever() {
    let drain = Drain::new().stall_timeout(Duration::MAX).grace(Duration::MAX);
    let addr = serve_drained(&drain, Limited::default().into_router()).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(b"GET /limited/flood HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    // More than the sockets hold, so the server has to wait for it.
    let mut much = vec![0; 64 << 20];
    soon("64 MiB", client.read_exact(&mut much)).await.expect("the connection broke");
}

/// Reads slowly, but reads: longer than the timeout in all.
#[tokio::test]
async fn a_client_that_reads_slowly_is_not() {
    let limited = Limited::default();
    let drain = Drain::new().stall_timeout(Duration::from_millis(500));
    let addr = serve_drained(&drain, limited.clone().into_router()).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(b"GET /limited/flood HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let start = Instant::now();
    let mut buffer = vec![0; 1 << 20];
    while start.elapsed() < Duration::from_secs(2) {
        assert!(soon("more", client.read(&mut buffer)).await.unwrap() > 0);
        sleep(Duration::from_millis(20)).await;
    }
    drop(client);
    soon("the end of the action", limited.dropped.notified()).await;
}
