//! A client that does not read holds the action up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use outflow::{Controller as _, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use crate::support::{frame, open_get, pipe::Pipes, serve, soon};

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

#[tokio::test]
async fn a_client_that_stops_reading_stops_the_action() {
    let flood = Flood::default();
    let sent = flood.sent.clone();
    let addr = serve(flood.into_router()).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(b"GET /flood/endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let standstill = async {
        loop {
            let before = sent.load(Ordering::SeqCst);
            sleep(Duration::from_millis(200)).await;
            if before > 0 && before == sent.load(Ordering::SeqCst) {
                break before;
            }
        }
    };
    let stood_at = soon("a standstill", standstill).await;
    // It goes on when its client does.
    let read_again = async {
        let mut buffer = vec![0; 64 * 1024];
        while sent.load(Ordering::SeqCst) < stood_at + 2 * FRAME {
            assert!(client.read(&mut buffer).await.unwrap() > 0);
        }
    };
    soon("the action's next packets", read_again).await;
}
