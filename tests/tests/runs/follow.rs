//! Followers of a run: where they begin, how often they are notified, and what they cost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::{Method, Request, StatusCode};
use futures_util::future::join_all;
use outflow::{
    Controller as _, action, controller,
    run::Runs,
    test::{Client, after},
};
use tokio::time::{Instant, sleep};

use crate::support::{
    LIMIT, ask, empty,
    logs::BentLog,
    open, read_without_limit,
    runs::{KEY, numbers},
    wire::End,
    within,
};

#[derive(Clone, Default)]
struct Long {
    started: Arc<AtomicUsize>,
}

#[controller]
impl Long {
    #[action(post, resumable)]
    async fn quick(&self) {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.stream(1);
        self.stream(2);
    }

    #[action(post, resumable, heartbeat = "100ms")]
    async fn idle(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn large(&self) -> usize {
        for i in 0..10_000 {
            self.stream(format!("{i:0100}"));
        }
        10_000
    }

    #[action(post, resumable)]
    async fn seconds(&self) {
        self.started.fetch_add(1, Ordering::SeqCst);
        for i in 1..=20 {
            sleep(Duration::from_secs(1)).await;
            self.stream(i);
        }
    }
}

fn client(log: &BentLog) -> (Client, Long) {
    let long = Long::default();
    (Client::new(long.clone().into_router().layer(Runs::new(log.clone()).layer())), long)
}

/// These requests don't go over HTTP, which would trim the space of one of them.
#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let app = Long::default().into_router();
    let client = Client::new(app.clone());
    let mut answer = client.post("/long/quick").header("idempotency-key", KEY).start();
    answer.done::<()>().await;
    let run = answer.run();
    for cursor in ["-1", "abc", "18446744073709551616", "1e9", "", "1 ", "9007199254740993"] {
        let headers = [("run-key", KEY), ("last-event-id", cursor)];
        assert_eq!(ask(&app, Method::GET, run.path(), &headers).await.status, StatusCode::BAD_REQUEST, "{cursor:?}");
    }
    let twice = [("run-key", KEY), ("last-event-id", "1"), ("last-event-id", "2")];
    assert_eq!(ask(&app, Method::GET, run.path(), &twice).await.status, StatusCode::BAD_REQUEST);
    let ahead = client.follow(run, after(9)).start().failed().await;
    assert_eq!((ahead.status(), &ahead.problem()["tail"]), (StatusCode::CONFLICT, &3.into()));
}

/// The end of a stream outside runs has the id `outflow-end`, which is not a packet's number.
#[tokio::test]
async fn the_id_of_another_stream_is_no_number_of_a_run() {
    let client = Client::new(Long::default());
    let head = client.post("/long/quick").header("last-event-id", "outflow-end").start().head().await;
    assert_eq!(head.status(), StatusCode::BAD_REQUEST);
    assert_eq!(head.headers()["cache-control"], "no-store, no-transform");
}

#[tokio::test(start_paused = true)]
async fn a_run_beats_as_often_as_it_says() {
    let client = Client::new(Long::default());
    let mut answer = client.post("/long/idle").start();
    answer.packet::<u32>().await;
    let since = Instant::now();
    for _ in 0..40 {
        answer.heartbeat().await;
    }
    assert!(since.elapsed() <= Duration::from_secs(5), "{:?}", since.elapsed());
    client.cancel(answer.run()).await;
    answer.failed().await;
}

#[tokio::test]
async fn a_slow_follower_holds_nobody_up_and_loses_nothing() {
    let log = BentLog::in_memory();
    // The same log, whose readers are counted apart.
    let slow_log = BentLog::new(log.log.clone());
    let ((fast, _), (slow, _)) = (client(&log), client(&slow_log));
    let mut first = fast.post("/long/large").start();
    first.head().await;
    let run = first.run();
    let mut stalled = slow.follow(&run, after(0)).accept("application/x-ndjson").start();
    stalled.stall();
    stalled.head().await;
    let expected: Vec<_> = (0..10_000).map(|i| format!("{i:0100}")).collect();
    let others = (0..3).map(|_| fast.follow(&run, after(0)).all::<String, usize>());
    for all in join_all(others).await.into_iter().chain([first.rest().await]) {
        assert!(all.packets == expected && all.result == 10_000);
    }
    // It was given what fits on the way to it, of a megabyte: hyper alone may hold 408 KiB of a response.
    let given = slow_log.read_bytes.load(Ordering::SeqCst);
    assert!((1..512 * 1024).contains(&given), "{given}");
    stalled.read_on();
    let rest = stalled.rest::<String, ()>().await;
    assert!(rest.packets == expected);
}

/// A writer does the same for one follower and for thousands, and each of these reads as often as there is something
/// new. They are bodies within the process, because as many connections would take half a minute.
#[tokio::test(start_paused = true)]
async fn thousands_of_followers_cost_the_writer_nothing() {
    let mut appends = Vec::new();
    for followers in [1, 4_000] {
        let (log, long) = (BentLog::in_memory(), Long::default());
        let app = long.clone().into_router().layer(Runs::new(log.clone()).layer());
        let client = Client::new(app.clone());
        let mut first = client.post("/long/seconds").start();
        first.head().await;
        first.leave();
        let run = first.run();
        let get = || empty(Request::get(run.path()).header("run-key", run.key().unwrap()));
        let bodies = (0..followers).map(async |_| read_without_limit(open(&app, get()).await.into_body()).await);
        for (text, end) in within(10 * LIMIT, "the end of all bodies", join_all(bodies)).await {
            assert_eq!((numbers(&text), end), ((1..=20).collect(), End::Clean));
        }
        let reads = log.reads.load(Ordering::SeqCst) / followers;
        // One a packet, one a tick and one for the end, and those of the first response.
        assert!((20..=70).contains(&reads), "{reads} reads for each of {followers}");
        assert_eq!(long.started.load(Ordering::SeqCst), 1);
        appends.push(log.appends.load(Ordering::SeqCst));
    }
    assert_eq!(appends, [20, 20]);
}
