//! A client that does not read holds the action up.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use outflow::{Controller as _, action, controller};

use crate::support::{frame, open_get};

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
}

const PACKET: usize = "data: \"\"\n\n".len() + 100;

#[tokio::test]
async fn an_action_runs_one_frame_ahead_and_no_further() {
    let flood = Flood::default();
    let sent = flood.sent.clone();
    let mut body = open_get(&flood.into_router(), "/flood/run").await.into_body();
    let mut received = 0;
    for _ in 0..20 {
        let frame = frame(&mut body).await.unwrap();
        assert!(frame.len() <= 16 * 1024, "a frame of {} bytes", frame.len());
        received += frame.len() / PACKET;
        tokio::task::yield_now().await;
        let ahead = sent.load(Ordering::SeqCst) + 1 - received;
        assert!(ahead <= 16 * 1024 / PACKET, "{ahead} packets ahead of the reader");
    }
}
