//! The client goes away, in each format and protocol: the action is dropped where it waits, and its destructors run.
//!
//! Most of the servers here are plain ones of axum. The test client's has a listener that notices by itself that a client
//! leaves, which would hide what hyper does not notice.

use std::{future::pending, sync::Arc, time::Duration};

use axum::body::Body;
use outflow::{Controller as _, action, controller, test::Client};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::{Instant, sleep},
};

use crate::support::{
    OnDrop,
    pipe::Pipes,
    serve, serve_narrow, soon,
    wire::{Ask, PROTOCOLS, Protocol},
};

/// The media type of each format, and its first packet, "tick".
const FORMATS: [(&str, &str); 7] = [
    ("text/event-stream", "data: \"tick\"\n\n"),
    ("application/x-ndjson", "\"tick\"\n"),
    ("application/json", "{\"items\":[\"tick\""),
    ("text/csv", "tick\r\n"),
    ("text/plain", "tick"),
    ("application/octet-stream", "tick"),
    ("application/octet-stream;charset=ISO-8859-1", "4\0stick"),
];

/// Large, so that the buffers on the way are full soon.
fn tock() -> String {
    "tock".repeat(4_000)
}

#[derive(Clone, Default)]
struct Left {
    dropped: Arc<Notify>,
    started: Arc<Notify>,
}

#[controller]
impl Left {
    /// Has nothing more to say, so that no write shows that nobody reads.
    #[action(get, post)]
    async fn idle(&self) {
        let _guard = OnDrop(self.dropped.clone());
        self.stream("tick");
        pending::<()>().await;
    }

    #[action]
    async fn busy(&self) {
        let _guard = OnDrop(self.dropped.clone());
        loop {
            self.stream("tick");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends nothing at all.
    #[action]
    async fn silent(&self) {
        let _guard = OnDrop(self.dropped.clone());
        self.started.notify_one();
        pending::<()>().await;
        self.stream("never");
    }

    /// Takes the body and reads none of it.
    #[action(post)]
    async fn takes(&self, body: Body) {
        let _guard = OnDrop(self.dropped.clone());
        drop(body);
        self.stream("tick");
        pending::<()>().await;
    }

    /// Waits for room, because its client does not read.
    #[action]
    async fn held_up(&self) {
        let _guard = OnDrop(self.dropped.clone());
        self.stream("tick");
        loop {
            self.stream(tock());
        }
    }

    /// Waits in a helper, in an emitter and in a stream at the same time.
    #[action]
    async fn deep(&self) {
        self.stream("tick");
        let emitter = self.emitter();
        let flood = async {
            let _guard = OnDrop(self.dropped.clone());
            while emitter.send(tock()).await.is_ok() {}
            pending::<()>().await;
        };
        tokio::join!(flood, self.idle());
    }
}

fn app() -> (axum::Router, Left) {
    let left = Left::default();
    (left.clone().into_router(), left)
}

async fn leave(protocol: Protocol, path: &str, (accept, first): (&str, &str)) {
    let (app, left) = app();
    let ask = Ask { window: Some(4_096), ..Ask::get(protocol, path, accept) };
    let mut exchange = ask.open(serve_narrow(app).await).await;
    while exchange.text().len() < first.len() {
        assert_eq!(exchange.read().await, None);
    }
    assert!(exchange.text().starts_with(first), "{:?}", exchange.text());
    drop(exchange);
    soon(format_args!("the end of {path} as {accept} over {protocol:?}"), left.dropped.notified()).await;
}

#[tokio::test]
async fn an_idle_action_is_dropped() {
    for protocol in PROTOCOLS {
        for format in FORMATS {
            leave(protocol, "/left/idle", format).await;
        }
    }
}

#[tokio::test]
async fn an_action_that_waits_for_room_is_dropped() {
    for protocol in PROTOCOLS {
        for format in FORMATS {
            leave(protocol, "/left/held-up", format).await;
        }
    }
}

#[tokio::test]
async fn an_action_that_waits_in_several_places_is_dropped() {
    for protocol in PROTOCOLS {
        for format in FORMATS {
            leave(protocol, "/left/deep", format).await;
        }
    }
}

#[tokio::test]
async fn the_action_is_dropped_where_it_waits() {
    let (app, left) = app();
    let addr = serve(app).await;
    for path in ["busy", "idle", "silent"] {
        // The head of the silent one comes when it has been held long enough.
        let exchange = Ask::get(Protocol::Http1, &format!("/left/{path}"), "*/*").open(addr).await;
        drop(exchange);
        soon(format_args!("the end of {path}"), left.dropped.notified()).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_head_ends_the_action_too() {
    let (app, left) = app();
    let mut client = TcpStream::connect(serve(app).await).await.unwrap();
    client.write_all(b"GET /left/silent HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    drop(client);
    soon("the end of the action", left.dropped.notified()).await;
}

/// How long an action may go on without its client.
const LIMIT: Duration = Duration::from_millis(250);

/// The clock is paused, so the time is that of the timers that were needed: a heartbeat, for example, comes only after
/// 15 seconds.
async fn is_dropped_in_time<T>(left: &Left, what: &str, client: T) {
    let since = Instant::now();
    drop(client);
    soon(format_args!("the end of {what}"), left.dropped.notified()).await;
    assert!(since.elapsed() <= LIMIT, "{what} was dropped after {:?}", since.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_action_is_dropped_within_250_ms_busy_idle_or_silent() {
    for protocol in PROTOCOLS {
        for (accept, _) in FORMATS {
            for path in ["/left/busy", "/left/idle", "/left/silent"] {
                let (app, left) = app();
                let connection = Pipes::serve(app, 64 * 1024).connect();
                let exchange = Ask::get(protocol, path, accept).open_on(connection).await;
                // Long after the head and the first packet.
                sleep(Duration::from_secs(4)).await;
                is_dropped_in_time(&left, &format!("{path} as {accept} over {protocol:?}"), exchange).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_behind_a_drain_is_dropped_within_250_ms_wherever_it_waits() {
    for path in ["/left/busy", "/left/idle", "/left/silent", "/left/held-up", "/left/deep"] {
        for (accept, _) in FORMATS {
            let (app, _) = app();
            for client in [Client::new(app.clone()), Client::new(app).http2()] {
                let mut answer = client.get(path).accept(accept).start();
                answer.head().await;
                if path != "/left/silent" {
                    assert!(answer.packet::<String>().await.starts_with("tick"));
                }
                if ["/left/held-up", "/left/deep"].contains(&path) {
                    answer.stall();
                }
                // Long after the head and the first packet.
                sleep(Duration::from_secs(4)).await;
                answer.leave();
                let after = client.dropped(path).await;
                assert!(after <= LIMIT, "{path} as {accept} was dropped after {after:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_is_dropped_within_250_ms_before_its_head() {
    let (app, left) = app();
    let mut client = Pipes::serve(app, 64 * 1024).connect();
    client.write_all(b"GET /left/silent HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    soon("the start", left.started.notified()).await;
    is_dropped_in_time(&left, "/left/silent", client).await;
}

/// Without an end of its request's body in sight hyper would read no further, and notice nothing.
#[tokio::test(start_paused = true)]
async fn an_action_is_dropped_within_250_ms_whatever_is_left_of_its_request() {
    let body = [b'x'; 300_000];
    for path in ["/left/idle", "/left/takes"] {
        for sent in [300_000, 150_000, 0] {
            let (app, left) = app();
            let mut client = Pipes::serve(app, 512 * 1024).connect();
            let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 300000\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            client.write_all(&body[..sent]).await.unwrap();
            assert!(soon("the head", client.read(&mut [0; 1024])).await.unwrap() > 0);
            sleep(Duration::from_secs(4)).await;
            is_dropped_in_time(&left, &format!("{path} after {sent} bytes"), client).await;
        }
    }
}
