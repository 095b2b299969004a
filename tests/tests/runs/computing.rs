//! Actions of runs that compute and never await: their packets are not held back, and other tasks have their turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use outflow::{action, controller, test::Client};

use crate::support::{LIMIT, until};

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

/// If a packet were held back, the action would wait for its follower.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_that_computes_delivers_each_packet_on_time() {
    let computing = Computing::default();
    let client = Client::new(computing.clone()).limit(LIMIT);
    let mut answer = client.post("/computing/computes").start();
    for i in 0..10 {
        assert_eq!(answer.packet::<usize>().await, i);
        computing.received.store(i + 1, Ordering::SeqCst);
    }
    answer.done::<()>().await;
}

/// In one thread: the test can go on only if the action gives it a turn.
#[tokio::test]
async fn what_never_waits_lets_others_on() {
    for path in ["/computing/never-waits", "/computing/never-waits-either"] {
        let computing = Computing::default();
        let turn = computing.turn.clone();
        let client = Client::new(computing);
        let mut answer = client.post(path).start();
        until("the action", async || turn.has_begun.load(Ordering::SeqCst)).await;
        turn.is_over.store(true, Ordering::SeqCst);
        answer.head().await;
        answer.leave();
        until("the end of the action", async || turn.has_ended.load(Ordering::SeqCst)).await;
        assert!(!turn.was_held.load(Ordering::SeqCst), "{path} held its thread");
    }
}
