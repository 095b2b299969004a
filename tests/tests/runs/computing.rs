//! Actions of runs that compute and never await: their packets are not held back, and other tasks have their turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use axum::Router;
use outflow::{Controller as _, action, controller};

use crate::support::{
    LIMIT, each_frame, empty, open,
    runs::{post, start},
    soon, until,
};

#[derive(Clone, Default)]
struct Computing {
    /// How many packets a follower has received.
    received: Arc<AtomicUsize>,
    turn: Arc<Turn>,
}

/// Whether an action that never awaits lets others have their turn.
#[derive(Default)]
struct Turn {
    has_begun: AtomicBool,
    /// Set by the test, in a turn of its own.
    is_over: AtomicBool,
    has_ended: AtomicBool,
    /// The test had no turn: the action has ended by itself, so as not to hold its thread for good.
    was_held: AtomicBool,
}

impl Turn {
    fn goes_on(&self, since: Instant) -> bool {
        self.has_begun.store(true, Ordering::SeqCst);
        self.was_held.store(since.elapsed() >= LIMIT, Ordering::SeqCst);
        !self.is_over.load(Ordering::SeqCst) && since.elapsed() < LIMIT
    }
}

#[controller]
impl Computing {
    /// Waits for its follower before each packet from the third on.
    #[action(post, resumable)]
    async fn computes(&self) {
        let since = Instant::now();
        for i in 0..10 {
            self.stream(i);
            thread::sleep(Duration::from_millis(10));
            while i > 0 && self.received.load(Ordering::SeqCst) <= i {
                assert!(since.elapsed() < LIMIT, "packet {i} was held back");
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    #[action(post, resumable(overflow = window))]
    async fn never_waits(&self) {
        let since = Instant::now();
        while self.turn.goes_on(since) {
            self.stream("x");
        }
        self.turn.has_ended.store(true, Ordering::SeqCst);
    }

    #[action(post, on_disconnect = finish)]
    async fn never_waits_either(&self) {
        let since = Instant::now();
        while self.turn.goes_on(since) {
            self.stream("x");
        }
        self.turn.has_ended.store(true, Ordering::SeqCst);
    }
}

fn app() -> (Router, Computing) {
    let computing = Computing::default();
    (computing.clone().into_router(), computing)
}

/// If a packet were held back, the action would wait for its follower.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_that_computes_delivers_each_packet_on_time() {
    let (app, computing) = app();
    let body = start(&app, "/computing/computes").await.body;
    let mut text = String::new();
    let receive = |frame: String| {
        text.push_str(&frame);
        computing.received.store(text.matches("data: ").count(), Ordering::SeqCst);
    };
    each_frame(body, receive).await;
    assert!(text.ends_with("event: done\nid: 11\ndata:\n\n"), "{text}");
}

/// In one thread: the test can go on only if the action gives it a turn.
#[tokio::test]
async fn what_never_waits_lets_others_on() {
    for path in ["/computing/never-waits", "/computing/never-waits-either"] {
        let (app, computing) = app();
        let turn = computing.turn;
        let response = tokio::spawn(async move { drop(open(&app, empty(post(path))).await) });
        until("the action", async || turn.has_begun.load(Ordering::SeqCst)).await;
        turn.is_over.store(true, Ordering::SeqCst);
        soon("the response", response).await.unwrap();
        until("the end of the action", async || turn.has_ended.load(Ordering::SeqCst)).await;
        assert!(!turn.was_held.load(Ordering::SeqCst), "{path} held its thread");
    }
}
