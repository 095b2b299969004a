//! A client that does not read holds the action up.
//!
//! How far an action runs ahead is counted in frames of the body itself, and over pipes of known sizes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use outflow::{Controller as _, action, controller, test::Client};
use tokio::{io::AsyncWriteExt as _, time::sleep};

use crate::support::{frame, open_get, pipe::Pipes};

#[derive(Default)]
struct Flood {
    sent: Arc<AtomicUsize>,
}

#[controller]
impl Flood {
    #[action]
    async fn run(&self) {
        for i in 0..100_000 {
            self.sent.store(i, Ordering::SeqCst);
            self.stream("x".repeat(100));
        }
    }

    #[action]
    async fn endless(&self) {
        for i in 0.. {
            self.sent.store(i, Ordering::SeqCst);
            self.stream("x".repeat(100));
        }
    }
}

const PACKET: usize = "data: \"\"\n\n".len() + 100;

/// How many packets fit into a frame.
const FRAME: usize = 16 * 1024 / PACKET;

#[tokio::test]
async fn an_action_runs_one_frame_ahead_and_no_further() {
    let flood = Flood::default();
    let sent = flood.sent.clone();
    let mut body = open_get(&flood.into_router(), "/flood/run").await.into_body();
    let mut received = 0;
    for _ in 0..20 {
        let frame = frame(&mut body).await.unwrap();
        // A frame is shorter where the machine was so busy that its packets became due.
        assert!(frame.len() <= FRAME * PACKET);
        received += frame.len() / PACKET;
        assert_eq!(sent.load(Ordering::SeqCst) + 1, received);
    }
}

/// hyper takes up to 16 buffers before it writes, the head among them; the batch has one more frame.
const ON_THE_WAY: usize = 17 * FRAME * PACKET;

#[tokio::test(start_paused = true)]
async fn what_a_client_does_not_read_is_bounded() {
    for capacity in [4 * 1024, 64 * 1024, 1024 * 1024] {
        let flood = Flood::default();
        let sent = flood.sent.clone();
        let mut client = Pipes::serve(flood.into_router(), capacity).connect();
        client.write_all(b"GET /flood/endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        // On the paused clock this ends when nothing else can happen.
        sleep(Duration::from_millis(1)).await;
        let unread = (sent.load(Ordering::SeqCst) + 1) * PACKET;
        assert!((capacity..=capacity + ON_THE_WAY).contains(&unread), "{unread} bytes ahead of {capacity}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_stops_the_action() {
    let flood = Flood::default();
    let sent = flood.sent.clone();
    let app = flood.into_router();
    for client in [Client::new(app.clone()), Client::new(app).http2()] {
        let mut answer = client.get("/flood/endless").start();
        answer.packet::<String>().await;
        answer.stall();
        sleep(Duration::from_secs(1)).await;
        let stood_at = sent.load(Ordering::SeqCst);
        sleep(Duration::from_secs(30)).await;
        assert_eq!(sent.load(Ordering::SeqCst), stood_at);
        // It goes on when its client does.
        answer.read_on();
        while sent.load(Ordering::SeqCst) < stood_at + 2 * FRAME {
            answer.packet::<String>().await;
        }
        answer.leave();
    }
}
