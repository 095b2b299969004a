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

use outflow::{Controller as _, action, controller, test::Client};
use tokio::time::{Instant, sleep};

use crate::support::{each_frame, open_get, serve, soon};

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

const SSE: &str = "text/event-stream";

/// Checks in which second each packet, each heartbeat and the end comes, and all bytes together.
async fn assert_times(path: &str, accept: &str, packets: &[u64], heartbeats: &[u64], end: u64, bytes: &str) {
    let client = Client::new(Idle).limit(Duration::from_secs(2000));
    let start = Instant::now();
    let mut answer = client.get(path).accept(accept).start();
    for heartbeat in heartbeats {
        answer.heartbeat().await;
        assert_eq!(start.elapsed().as_secs(), *heartbeat, "{path} as {accept}");
    }
    assert_eq!(answer.text().await, bytes, "{path} as {accept}");
    assert_eq!(start.elapsed().as_secs(), end, "{path} as {accept}");
    assert_eq!(answer.arrivals().iter().map(Duration::as_secs).collect::<Vec<_>>(), packets, "{path} as {accept}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_body_has_a_heartbeat_every_fifteen_seconds() {
    let bytes = "data: 1\n\n:\n:\ndata: 2\n\n:\nevent: done\nid: outflow-end\ndata:\n\n";
    assert_times("/idle/usual", SSE, &[0, 40], &[15, 30, 55], 56, bytes).await;
}

#[tokio::test(start_paused = true)]
async fn each_format_has_a_heartbeat_that_is_no_packet_or_none() {
    for (accept, heartbeats, bytes) in [
        ("application/x-ndjson", &[2, 5, 8][..], "0\n\n1\n\n2\n\n"),
        ("application/json", &[2, 5, 8], "{\"items\":[0\n,1\n,2\n]}"),
        ("text/plain", &[], "0\n1\n2\n"),
        ("text/csv", &[], "0\r\n1\r\n2\r\n"),
    ] {
        assert_times("/idle/often", accept, &[0, 3, 6], heartbeats, 9, bytes).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_of_zero_is_none_and_packets_are_heartbeats_enough() {
    let done = "event: done\nid: outflow-end\ndata:\n\n";
    let packets = |numbers: &[u8]| -> String { numbers.iter().map(|number| format!("data: {number}\n\n")).collect() };
    assert_times("/idle/never", SSE, &[1000], &[], 1000, &(packets(&[1]) + done)).await;
    assert_times("/idle/busy", SSE, &[0, 1, 2, 3, 4], &[], 5, &(packets(&[0, 1, 2, 3, 4]) + done)).await;
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

/// Frames are counted where they are made, because a client may read several of them at once.
#[tokio::test]
async fn a_burst_after_computing_is_packed_again() {
    let body = open_get(&Computing::default().into_router(), "/computing/burst-afterwards").await.into_body();
    let mut frames = 0;
    each_frame(body, |_| frames += 1).await;
    // 130 kB in frames of 16 KiB, and a few more on a busy machine.
    assert!(frames < 200, "{frames} frames");
}
