//! The limits of a stream: its action's timeout, the number of open streams, a client that reads nothing.

use std::time::Duration;

use axum::{Json, http::StatusCode};
use outflow::{
    Drain, action, controller,
    test::{Answer, Client},
};
use tokio::time::{Instant, sleep};

struct Limited;

#[controller]
impl Limited {
    #[action(timeout = "2s", path = "/slow/{packets}")]
    async fn slow(&self, packets: u32) {
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
    let client = Client::new(Limited);
    for packets in [vec![], vec![0, 1]] {
        let path = format!("/limited/slow/{}", packets.len());
        let mut answer = client.get(&path).start();
        // Within `open_after` nothing is known, so the head is out by then.
        assert_eq!(answer.head().await.status(), StatusCode::OK);
        for packet in packets {
            assert_eq!(answer.packet::<u32>().await, packet);
        }
        let failed = answer.failed().await;
        assert_eq!((failed.status(), failed.detail()), (StatusCode::GATEWAY_TIMEOUT, "the action took too long"));
        client.dropped(&path).await;
    }
    assert_eq!(client.get("/limited/quick").all::<u8, u8>().await.result, 7);
}

/// The clock runs, because a paused one would stand still here. The test does not look at it: it ends because the
/// action does.
#[tokio::test]
async fn also_one_that_never_waits_for_anything_but_its_client() {
    let failed = Client::new(Limited).get("/limited/never-waits").start().failed().await;
    assert_eq!(failed.status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn one_stream_too_many_is_told_to_come_back() {
    let client = Client::with_drain(Limited, Drain::new().max_streams(2));
    let mut open = [client.get("/limited/open").start(), client.get("/limited/open").start()];
    for answer in &mut open {
        answer.packet::<u8>().await;
    }

    let mut third = client.get("/limited/open").start();
    let head = third.head().await;
    assert_eq!(head.headers()["retry-after"], "3");
    assert_eq!(head.headers()["content-type"], "application/problem+json");
    let failed = third.failed().await;
    assert_eq!((failed.status(), failed.detail()), (StatusCode::SERVICE_UNAVAILABLE, "too many streams are open"));
    // An action that does not stream is not counted.
    assert_eq!(client.get("/limited/plain").start().done::<u8>().await, 1);

    // An `EventSource` would give up for good on a 503.
    let mut event_source = client.get("/limited/open").accept("text/event-stream").header("last-event-id", "7").start();
    let head = event_source.head().await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["connection"], "close");
    let body = String::from_utf8(event_source.wire().await.into()).unwrap();
    let delay: u64 = body.strip_prefix("retry: ").unwrap().trim_end().parse().unwrap();
    assert!((1_500..=4_500).contains(&delay), "{delay}");

    open[0].leave();
    client.dropped("/limited/open").await;
    let mut next = client.get("/limited/open").start();
    assert_eq!(next.packet::<u8>().await, 1);
}

/// A client that stalls in the middle of an endless stream.
async fn stalled(client: &Client) -> Answer {
    let mut answer = client.get("/limited/flood").start();
    answer.packet::<String>().await;
    answer.stall();
    answer
}

const STALL: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_off() {
    let client = || Client::with_drain(Limited, Drain::new().stall_timeout(STALL));
    for client in [client(), client().http2(), client().tcp(), client().tcp().http2()] {
        let start = Instant::now();
        let mut answer = stalled(&client).await;
        client.dropped("/limited/flood").await;
        assert!(start.elapsed() >= STALL);
        // The client can still read what had left; then the connection is gone.
        answer.read_on();
        answer.cut().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stall_timeout_may_be_for_ever() {
    let drain = Drain::new().stall_timeout(Duration::MAX).grace(Duration::MAX);
    let client = Client::with_drain(Limited, drain);
    let mut answer = stalled(&client).await;
    sleep(Duration::from_secs(1)).await;
    let before = answer.arrivals().len();
    sleep(Duration::from_secs(365 * 24 * 60 * 60)).await;
    answer.read_on();
    for _ in 0..before + 1_000 {
        answer.packet::<String>().await;
    }
    answer.leave();
}

/// Reads slowly, but reads: longer than the timeout in all.
#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_is_not() {
    let client = Client::with_drain(Limited, Drain::new().stall_timeout(STALL));
    let mut answer = stalled(&client).await;
    for _ in 0..5 {
        sleep(STALL * 2 / 3).await;
        let before = answer.arrivals().len();
        answer.read_on();
        while answer.arrivals().len() < before + 100 {
            answer.packet::<String>().await;
        }
        answer.stall();
    }
    answer.leave();
    client.dropped("/limited/flood").await;
}
