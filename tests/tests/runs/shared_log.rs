//! Followers in one process of a log that other processes reach too: they share their reads, and none of them holds up
//! another. These tests are about when a body is polled, so they poll bodies by hand.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt as _;
use outflow::{Controller as _, action, controller, run::Runs};
use tokio::{
    sync::RwLock,
    time::{sleep, timeout},
};

use crate::support::{
    ask, empty,
    logs::BentLog,
    open, read_until,
    runs::{KEY, location},
    until,
};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn quiet(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }
}

/// A router on a shared log, and the lock that holds up its reads.
fn app() -> (Router, Arc<RwLock<()>>) {
    let log = BentLog::shared();
    let reading = log.reading.clone();
    (Jobs.into_router().layer(Runs::new(log).layer()), reading)
}

/// The path of a run, and two followers that have its first packet.
async fn two_followers(app: &Router) -> (String, Body, Body) {
    let path = "/jobs/quiet";
    let response = open(app, empty(Request::post(path).header("idempotency-key", KEY))).await;
    let run = location(path, response.headers());
    let mut one = response.into_body();
    read_until(&mut one, "id: 1\n").await;
    let mut two = open(app, empty(Request::get(&run).header("run-key", KEY))).await.into_body();
    read_until(&mut two, "id: 1\n").await;
    (run, one, two)
}

/// Cancels a run.
async fn cancel(app: &Router, run: &str) {
    assert_eq!(ask(app, Method::DELETE, run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
}

/// Polls a body for a moment, in which no frame comes.
async fn poll(body: &mut Body) {
    let _ = timeout(Duration::from_millis(1), body.frame()).await;
}

/// Neither a read that a follower joins and leaves before its turn, nor the log behind it.
#[tokio::test(start_paused = true)]
async fn joined_reads_leave_nothing_behind() {
    let log = BentLog::shared();
    let weak = Arc::downgrade(&log.is_away);
    let reading = log.reading.clone();
    let app = Jobs.into_router().layer(Runs::new(log).layer());
    let (run, mut one, mut two) = two_followers(&app).await;
    // Both look for packet 2: the read of the first one is on its way, the second one's waits for its turn.
    let shut = reading.write().await;
    for _ in 0..10 {
        poll(&mut one).await;
    }
    for _ in 0..10 {
        poll(&mut two).await;
    }
    // The second one leaves first, while it waits for the turn of its read, and the first one's read ends.
    drop(two);
    drop(shut);
    poll(&mut one).await;
    drop(one);
    cancel(&app, &run).await;
    // The run ends, and what looks after it.
    sleep(Duration::from_secs(20)).await;
    drop(app);
    until("the end of the log", async || weak.upgrade().is_none()).await;
}

/// A follower whose client reads nothing is not polled; others at the same number go on.
#[tokio::test(start_paused = true)]
async fn a_follower_that_is_not_polled_holds_up_nobody() {
    let (app, reading) = app();
    let (run, mut one, mut two) = two_followers(&app).await;
    let shut = reading.write().await;
    // The first one's read is on its way, and then nobody asks for its body any more.
    for _ in 0..1200 {
        poll(&mut one).await;
    }
    drop(shut);
    cancel(&app, &run).await;
    let end = timeout(Duration::from_secs(120), read_until(&mut two, "event: error")).await;
    assert!(end.is_ok(), "the second follower hangs: the run ended two minutes ago");
}
