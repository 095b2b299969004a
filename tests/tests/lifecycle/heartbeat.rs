//! Heartbeats of an idle body, and packets of one that computes without awaiting.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use axum::http::Request;
use outflow::{Controller as _, action, controller};
use tokio::time::{Instant, sleep};

use crate::support::{each_frame, open, open_get, serve, soon};

struct Idle;

#[controller]
impl Idle {
    #[action]
    async fn usual(&self) {
        self.stream(1);
        sleep(Duration::from_secs(40)).await;
        self.stream(2);
        sleep(Duration::from_secs(16)).await;
    }

    #[action(heartbeat = "2s")]
    async fn often(&self) {
        for i in 0..3 {
            self.stream(i);
            sleep(Duration::from_secs(3)).await;
        }
    }

    #[action(heartbeat = "0ms", open_after = "1s")]
    async fn never(&self) {
        sleep(Duration::from_secs(1000)).await;
        self.stream(1);
    }

    #[action(heartbeat = "2s")]
    async fn busy(&self) {
        for i in 0..5 {
            self.stream(i);
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// The frames of a body, with the second in which each came.
async fn timed(path: &str, accept: &str) -> Vec<(u64, String)> {
    let request = Request::get(path).header("accept", accept).body(axum::body::Body::empty()).unwrap();
    let start = Instant::now();
    let body = open(&Idle.into_router(), request).await.into_body();
    let mut frames = Vec::new();
    each_frame(body, |frame| frames.push((start.elapsed().as_secs(), frame))).await;
    frames
}

fn frames(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
    expected.iter().map(|(second, frame)| (*second, (*frame).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn an_idle_body_has_a_heartbeat_every_fifteen_seconds() {
    let expected = [
        (0, "data: 1\n\n"),
        (15, ":\n"),
        (30, ":\n"),
        (40, "data: 2\n\n"),
        (55, ":\n"),
        (56, "event: done\nid: outflow-end\ndata:\n\n"),
    ];
    assert_eq!(timed("/idle/usual", "text/event-stream").await, frames(&expected));
}

#[tokio::test(start_paused = true)]
async fn each_format_has_a_heartbeat_that_is_no_packet_or_none() {
    let expected = [(0, "0\n"), (2, "\n"), (3, "1\n"), (5, "\n"), (6, "2\n"), (8, "\n")];
    assert_eq!(timed("/idle/often", "application/x-ndjson").await, frames(&expected));
    let expected = [(0, "{\"items\":[0"), (2, "\n"), (3, ",1"), (5, "\n"), (6, ",2"), (8, "\n"), (9, "]}")];
    assert_eq!(timed("/idle/often", "application/json").await, frames(&expected));
    for (accept, expected) in
        [("text/plain", [(0, "0\n"), (3, "1\n"), (6, "2\n")]), ("text/csv", [(0, "0\r\n"), (3, "1\r\n"), (6, "2\r\n")])]
    {
        assert_eq!(timed("/idle/often", accept).await, frames(&expected), "{accept}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_of_zero_is_none_and_packets_are_heartbeats_enough() {
    assert_eq!(timed("/idle/never", "*/*").await.len(), 1);
    assert!(timed("/idle/busy", "*/*").await.iter().all(|(_, frame)| frame != ":\n"));
}

/// Computes between its packets, and never awaits.
#[derive(Clone, Default)]
struct Computing {
    /// The number of packets that the client has received.
    received: Arc<AtomicU32>,
}

#[controller]
impl Computing {
    #[action]
    async fn run(&self) {
        for i in 0..30 {
            self.stream(i);
            thread::sleep(Duration::from_millis(10));
            // The first packet leaves with the second, each later one at once.
            while i > 0 && self.received.load(Ordering::SeqCst) <= i {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    #[action]
    async fn burst_afterwards(&self) {
        for i in 0..3 {
            self.stream(i);
            thread::sleep(Duration::from_millis(10));
        }
        for i in 0..10_000 {
            self.stream(i);
        }
    }
}

/// If a packet were held back, the action would wait for its client. The client is a thread of its own, because
/// the action keeps the runtime's thread busy.
#[tokio::test]
async fn a_body_that_computes_delivers_each_packet_on_time() {
    let computing = Computing::default();
    let received = computing.received.clone();
    let addr = serve(computing.into_router()).await;
    let client = tokio::task::spawn_blocking(move || {
        let mut client = TcpStream::connect(addr).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        client.write_all(b"GET /computing/run HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        let mut buffer = [0; 4096];
        loop {
            let read = client.read(&mut buffer);
            if !matches!(read, Ok(1..)) {
                // Lets the action go, whatever happened.
                received.store(u32::MAX, Ordering::SeqCst);
                return read.map(|_| text);
            }
            text.push_str(std::str::from_utf8(&buffer[..read.unwrap()]).unwrap());
            received.store(text.matches("data: ").count() as u32, Ordering::SeqCst);
        }
    });
    let text = soon("the client", client).await.unwrap().expect("a packet was held back");
    assert!(text.contains("data: 29\n\n") && text.contains("event: done"), "{text}");
}

#[tokio::test]
async fn a_burst_after_computing_is_packed_again() {
    let body = open_get(&Computing::default().into_router(), "/computing/burst-afterwards").await.into_body();
    let mut frames = 0;
    each_frame(body, |_| frames += 1).await;
    // 130 kB in frames of 16 KiB, and a few more on a busy machine.
    assert!(frames < 200, "{frames} frames");
}
