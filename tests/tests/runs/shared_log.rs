//! Followers of a log that others reach as well: they read it together, and none of them holds up another.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt as _;
use outflow::{
    Controller as _, Drain, action, controller,
    run::{MemoryLog, Runs},
};
use tokio::time::{sleep, timeout};

use crate::support::{
    ask, frame,
    logs::BentLog,
    runs::{KEY, follow, start, state, until},
    send,
};

/// A log that others reach as well.
fn shared() -> BentLog {
    BentLog { is_shared: true, ..BentLog::new(Arc::new(MemoryLog::new())) }
}

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn quiet(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable(abandon_after = "1s"), open_after = "20s")]
    async fn held(&self) {
        sleep(Duration::from_secs(6)).await;
        self.stream(1);
    }

    #[action(post, resumable(overflow = window))]
    async fn long(&self) {
        for _ in 0..2000 {
            self.stream("x".repeat(1000));
        }
        std::future::pending::<()>().await;
    }
}

/// A run and two who wait for its packet 2.
async fn two_followers(app: &axum::Router) -> (String, Body, Body) {
    let (run, mut one) = start(app, "/jobs/quiet").await;
    until(&mut one, "id: 1\n").await;
    let mut two = follow(app, &run).await;
    until(&mut two, "id: 1\n").await;
    (run, one, two)
}

async fn poll_a_little(body: &mut Body) {
    let _ = timeout(Duration::from_millis(1), body.frame()).await;
}

/// Who joins a read and leaves before its turn leaves it behind, for ever, and with it the log.
#[tokio::test(start_paused = true)]
async fn joined_reads_leave_nothing_behind() {
    let log = shared();
    let weak = Arc::downgrade(&log.is_away);
    let gate = log.gate.clone();
    let app = Jobs.into_router().layer(Runs::new(log).layer());
    let (run, mut one, mut two) = two_followers(&app).await;
    // Both look for packet 2: the read of the first one is on its way, the second one's waits for its turn.
    let shut = gate.write().await;
    for _ in 0..10 {
        poll_a_little(&mut one).await;
    }
    for _ in 0..10 {
        poll_a_little(&mut two).await;
    }
    // The second one leaves first, while it waits for the turn of its read, and the first one's read ends.
    drop(two);
    drop(shut);
    poll_a_little(&mut one).await;
    drop(one);
    assert_eq!(ask(&app, Method::DELETE, &run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
    sleep(Duration::from_secs(20)).await;
    drop(app);
    sleep(Duration::from_secs(20)).await;
    assert!(weak.upgrade().is_none(), "the log is still held");
}

/// One follower that is not polled (its client reads nothing) holds up all others at the same number.
#[tokio::test(start_paused = true)]
async fn a_follower_that_is_not_polled_holds_up_nobody() {
    let log = shared();
    let gate = log.gate.clone();
    let app = Jobs.into_router().layer(Runs::new(log).layer());
    let (run, mut one, mut two) = two_followers(&app).await;
    let shut = gate.write().await;
    // The first one's read is on its way, and then nobody asks for its body any more.
    for _ in 0..1200 {
        poll_a_little(&mut one).await;
    }
    drop(shut);
    assert_eq!(ask(&app, Method::DELETE, &run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
    let end = timeout(Duration::from_secs(120), until(&mut two, "event: error")).await;
    assert!(end.is_ok(), "the second follower hangs: the run ended two minutes ago ({})", state(&app, &run).await);
}

/// A follower with much to read is told at once that it has to go elsewhere.
#[tokio::test(start_paused = true)]
async fn a_follower_behind_is_told_to_go_too() {
    let drain = Drain::new();
    let app = Jobs.into_router().layer(Runs::new(shared()).layer()).layer(drain.layer());
    let (run, body) = start(&app, "/jobs/long").await;
    drop(body);
    sleep(Duration::from_secs(5)).await;
    let mut body = follow(&app, &run).await;
    until(&mut body, "id: 1\n").await;
    drain.start();
    let mut bytes = 0;
    while let Some(frame) = frame(&mut body).await {
        bytes += frame.len();
    }
    assert!(bytes < 100_000, "{bytes} bytes after it");
}

/// `Run-State` says the same in the answer to a POST and to a HEAD.
#[tokio::test(start_paused = true)]
async fn a_run_has_one_state() {
    let log = shared();
    let opened = log.opened.clone();
    let app = Jobs.into_router().layer(Runs::new(log).layer());
    let held = tokio::spawn({
        let app = app.clone();
        async move { send(&app, Request::post("/jobs/held").header("idempotency-key", KEY)).await }
    });
    sleep(Duration::from_millis(10)).await;
    let run = format!("/jobs/held/runs/{}", opened.lock().unwrap().clone().unwrap());
    assert_eq!(ask(&app, Method::DELETE, &run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
    let reply = held.await.unwrap();
    assert_eq!(reply.header("run-state"), state(&app, &run).await, "{} {}", reply.status, reply.body);
}
