//! The client goes away, in each format and protocol: the action is dropped where it waits, and its destructors run.

use std::{future::pending, sync::Arc, time::Duration};

use axum::body::Body;
use outflow::{Controller as _, action, controller, test::Client};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::Notify,
    time::{Instant, sleep},
};

use crate::support::{OnDrop, pipe::Pipes, soon};

/// The media type of each format.
const FORMATS: [&str; 7] = [
    "text/event-stream",
    "application/x-ndjson",
    "application/json",
    "text/csv",
    "text/plain",
    "application/octet-stream",
    "application/octet-stream;charset=ISO-8859-1",
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

/// How long an action may go on without its client.
const LIMIT: Duration = Duration::from_millis(250);

/// The clock is paused, so the time is that of the timers that were needed: a heartbeat, for example, comes only after
/// 15 seconds.
#[tokio::test(start_paused = true)]
async fn an_action_is_dropped_within_250_ms_wherever_it_waits() {
    for path in ["/left/busy", "/left/idle", "/left/silent", "/left/held-up", "/left/deep"] {
        for accept in FORMATS {
            let left = Left::default();
            let app = left.clone().into_router();
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
                soon("its destructors", left.dropped.notified()).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn so_is_one_that_has_sent_no_head() {
    let left = Left::default();
    let started = left.started.clone();
    let app = left.into_router();
    for client in [Client::new(app.clone()), Client::new(app).http2()] {
        let mut answer = client.get("/left/silent").start();
        soon("the start", started.notified()).await;
        answer.leave();
        assert!(client.dropped("/left/silent").await <= LIMIT);
    }
}

/// Over sockets it is the system that tells.
#[tokio::test]
async fn a_socket_that_is_closed_ends_the_action_too() {
    let app = Left::default().into_router();
    for path in ["/left/busy", "/left/idle", "/left/held-up", "/left/deep"] {
        for accept in FORMATS {
            for client in [Client::new(app.clone()).tcp(), Client::new(app.clone()).tcp().http2()] {
                let mut answer = client.get(path).accept(accept).start();
                assert!(answer.packet::<String>().await.starts_with("tick"));
                answer.stall();
                answer.leave();
                client.dropped(path).await;
            }
        }
    }
}

#[tokio::test]
async fn a_socket_that_is_closed_before_the_head_ends_the_action_too() {
    let left = Left::default();
    let started = left.started.clone();
    let client = Client::new(left).tcp();
    let mut answer = client.get("/left/silent").start();
    soon("the start", started.notified()).await;
    answer.leave();
    client.dropped("/left/silent").await;
}

/// Without an end of its request's body in sight hyper would read no further, and notice nothing. The requests are
/// written by hand, so that all that was sent lies on the connection when the client leaves.
#[tokio::test(start_paused = true)]
async fn an_action_is_dropped_within_250_ms_whatever_is_left_of_its_request() {
    let body = [b'x'; 300_000];
    for path in ["/left/idle", "/left/takes"] {
        for sent in [300_000, 150_000, 0] {
            let left = Left::default();
            let mut client = Pipes::serve(left.clone().into_router(), 512 * 1024).connect();
            let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 300000\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            client.write_all(&body[..sent]).await.unwrap();
            assert!(soon("the head", client.read(&mut [0; 1024])).await.unwrap() > 0);
            sleep(Duration::from_secs(4)).await;
            let since = Instant::now();
            drop(client);
            soon(format_args!("the end of {path} after {sent} bytes"), left.dropped.notified()).await;
            assert!(since.elapsed() <= LIMIT, "{path} after {sent} bytes was dropped after {:?}", since.elapsed());
        }
    }
}
