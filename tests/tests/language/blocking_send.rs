//! Packets from threads that may block.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    thread,
};

use outflow::{Closed, Emitter, action, controller, test::Client};
use tokio::{sync::oneshot, task::spawn_blocking};

use crate::support::soon;

#[derive(Clone, Default)]
struct Threads {
    end: Arc<Mutex<Option<End>>>,
}

/// Takes the outcome of the last packet of `endless`.
type End = oneshot::Sender<Result<(), Closed>>;

/// Far more packets than a frame holds.
const PACKETS: u32 = 50_000;

fn send_all(emitter: &Emitter) {
    for i in 0..PACKETS {
        emitter.blocking_send(i).unwrap();
    }
}

#[controller]
impl Threads {
    #[action]
    async fn of_the_runtime(&self) {
        let emitter = self.emitter();
        spawn_blocking(move || send_all(&emitter));
    }

    #[action]
    async fn plain(&self) {
        let emitter = self.emitter();
        thread::spawn(move || send_all(&emitter));
    }

    #[action]
    async fn endless(&self) {
        let (emitter, end) = (self.emitter(), self.end.lock().unwrap().take());
        thread::spawn(move || {
            while emitter.blocking_send("on").is_ok() {}
            end.map(|end| end.send(emitter.blocking_send("late")))
        });
    }

    #[action]
    async fn in_a_task(&self) -> bool {
        let emitter = self.emitter();
        let panicked = catch_unwind(AssertUnwindSafe(|| emitter.blocking_send("blocks"))).is_err();
        drop(emitter);
        panicked
    }
}

#[tokio::test]
async fn every_packet_comes_and_in_order() {
    let client = Client::new(Threads::default());
    for path in ["/threads/of-the-runtime", "/threads/plain"] {
        let packets = client.get(path).all::<u32, ()>().await.packets;
        assert!(packets.into_iter().eq(0..PACKETS), "{path}");
    }
}

#[tokio::test]
async fn a_thread_learns_that_its_client_is_gone() {
    let (end, ended) = oneshot::channel();
    let client = Client::new(Threads { end: Arc::new(Mutex::new(Some(end))) });
    let mut answer = client.get("/threads/endless").start();
    assert_eq!(answer.packet::<String>().await, "on");
    answer.leave();
    assert_eq!(soon("the end of the thread", ended).await.unwrap(), Err(Closed));
}

#[tokio::test]
async fn a_task_would_be_blocked_so_it_panics() {
    assert!(Client::new(Threads::default()).get("/threads/in-a-task").all::<(), bool>().await.result);
}
