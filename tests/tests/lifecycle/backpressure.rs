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
    time::{sleep, timeout},
};

use crate::support::{frame, open_get, serve};

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
        // A frame is shorter where the machine was busy for so long that its packets became due.
        assert!(frame.len() <= FRAME * PACKET);
        received += frame.len() / PACKET;
        assert_eq!(sent.load(Ordering::SeqCst) + 1, received);
    }
}

/// What a client does not read stays in the socket's buffers, which are a few megabytes at the most, and in one frame.
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
    let stood_at = timeout(Duration::from_secs(60), standstill).await.expect("the action never waited");
    println!("stood still after {} kB", stood_at * PACKET / 1000);
    // And goes on when the client does.
    let read_again = async {
        let mut buffer = vec![0; 64 * 1024];
        while sent.load(Ordering::SeqCst) < stood_at + 2 * FRAME {
            assert!(client.read(&mut buffer).await.unwrap() > 0);
        }
    };
    timeout(Duration::from_secs(60), read_again).await.expect("the action did not go on");
}
