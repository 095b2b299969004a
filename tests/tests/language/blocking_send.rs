//! Packets from threads that may block.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    thread,
};

use axum::Router;
use outflow::{Closed, Controller as _, Emitter, action, controller};
use tokio::{sync::oneshot, task::spawn_blocking};

use crate::support::{frame, get, open_get, soon};

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

fn app() -> Router {
    Threads::default().into_router()
}

#[tokio::test]
async fn every_packet_comes_and_in_order() {
    for path in ["/threads/of-the-runtime", "/threads/plain"] {
        let reply = get(&app(), path).await;
        let packets = (0..PACKETS).map(|i| format!("data: {i}\n\n")).collect::<String>();
        assert_eq!(reply.body.strip_prefix(&*packets), Some("event: done\nid: outflow-end\ndata:\n\n"), "{path}");
    }
}

#[tokio::test]
async fn a_thread_learns_that_its_client_is_gone() {
    let (end, ended) = oneshot::channel();
    let threads = Threads { end: Arc::new(Mutex::new(Some(end))) };
    let mut body = open_get(&threads.into_router(), "/threads/endless").await.into_body();
    frame(&mut body).await.unwrap();
    drop(body);
    assert_eq!(soon("the end of the thread", ended).await.unwrap(), Err(Closed));
}

#[tokio::test]
async fn a_task_would_be_blocked_so_it_panics() {
    let reply = get(&app(), "/threads/in-a-task").await;
    assert_eq!(reply.last_event("done"), true);
}
