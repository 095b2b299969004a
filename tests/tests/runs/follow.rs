//! Followers of a run: where they begin, how often they hear of it, and what they cost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{Method, StatusCode},
};
use futures_util::future::join_all;
use outflow::{Controller as _, action, controller, run::Runs};
use tokio::time::{sleep, timeout};

use crate::support::{
    ask, frame,
    logs::BentLog,
    open, read, read_until,
    runs::{KEY, complete, follow_after, get_run, numbers, post, start},
    send, serve_narrow,
    wire::{Ask, End, Protocol},
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

    #[action(post, resumable(key = url))]
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

fn app(log: &BentLog) -> (Router, Long) {
    let long = Long::default();
    (long.clone().into_router().layer(Runs::new(log.clone()).layer()), long)
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let app = Long::default().into_router();
    let (_, run) = complete(&app, "/long/quick").await;
    for cursor in ["-1", "abc", "18446744073709551616", "1e9", "", "1 ", "9007199254740993"] {
        assert_eq!(follow_after(&app, &run, cursor).await.status, StatusCode::BAD_REQUEST, "{cursor:?}");
    }
    let twice = [("run-key", KEY), ("last-event-id", "1"), ("last-event-id", "2")];
    assert_eq!(ask(&app, Method::GET, &run, &twice).await.status, StatusCode::BAD_REQUEST);
    let ahead = follow_after(&app, &run, "9").await;
    assert_eq!((ahead.status, &ahead.json()["tail"]), (StatusCode::CONFLICT, &3.into()));
}

/// The end of a stream outside runs has the id `outflow-end`, which is not a packet's number.
#[tokio::test]
async fn the_id_of_another_stream_is_no_number_of_a_run() {
    let long = Long::default();
    let app = long.clone().into_router();
    let reply = send(&app, post("/long/quick").header("last-event-id", "outflow-end")).await;
    assert_eq!((reply.status, reply.header("cache-control")), (StatusCode::BAD_REQUEST, "no-store, no-transform"));
}

#[tokio::test(start_paused = true)]
async fn a_run_beats_as_often_as_it_says() {
    let app = Long::default().into_router();
    let mut body = start(&app, "/long/idle").await.body;
    read_until(&mut body, "id: 1\n").await;
    let mut beats = 0;
    let counting = async {
        while frame(&mut body).await.is_some() {
            beats += 1;
        }
    };
    assert!(timeout(Duration::from_secs(5), counting).await.is_err(), "the run has ended");
    assert!(beats >= 40, "{beats} beats in 5 seconds");
}

#[tokio::test]
async fn a_slow_follower_holds_nobody_up_and_loses_nothing() {
    let log = BentLog::in_memory();
    let (fast, _) = app(&log);
    // The same log, whose readers are counted apart.
    let slow_log = BentLog::new(log.log.clone());
    let addr = serve_narrow(app(&slow_log).0).await;
    let run = start(&fast, "/long/large").await.run;
    let path = format!("{run}?key={KEY}");
    let mut slow =
        Ask { window: Some(1024), ..Ask::get(Protocol::Http1, &path, "application/x-ndjson") }.open(addr).await;
    let others = (0..3).map(async |_| read(open(&fast, get_run(&run)).await.into_body()).await);
    for (text, end) in join_all(others).await {
        assert!(end == End::Clean && text.ends_with("event: done\nid: 10001\ndata: 10000\n\n"));
        assert_eq!(numbers(&text.replace("data: \"", "data: ").replace('"', "")).len(), 10_001);
    }
    // It was given what fits on the way to it, of a megabyte.
    let given = slow_log.read_bytes.load(Ordering::SeqCst);
    assert!(given < 300 * 1024, "{given}");
    let (text, end) = slow.end().await;
    let expected: String = (0..10_000).map(|i| format!("\"{i:0100}\"\n")).collect();
    assert!(text == expected && end == End::Clean);
}

/// A writer does the same for one follower and for thousands, and each of these reads as often as there is something
/// new.
#[tokio::test(start_paused = true)]
async fn thousands_of_followers_cost_the_writer_nothing() {
    let mut appends = Vec::new();
    for followers in [1, 4_000] {
        let log = BentLog::in_memory();
        let (app, long) = app(&log);
        let run = start(&app, "/long/seconds").await.run;
        let bodies = (0..followers).map(async |_| read(open(&app, get_run(&run)).await.into_body()).await);
        for (text, end) in join_all(bodies).await {
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
