//! Followers in one process of a log that other processes reach too: they share their reads, and none of them holds up
//! another.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, http::StatusCode};
use http_body_util::BodyExt as _;
use outflow::{Controller as _, action, controller, run::Runs};
use tokio::{
    sync::RwLock,
    time::{sleep, timeout},
};

use crate::support::{
    logs::BentLog,
    read_until,
    runs::{cancel, state, two_followers},
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
    let (run, mut one, mut two) = two_followers(&app, "/jobs/quiet").await;
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
    assert_eq!(cancel(&app, &run).await.status, StatusCode::ACCEPTED);
    // The run ends, and what looks after it.
    sleep(Duration::from_secs(20)).await;
    drop(app);
    until("the end of the log", async || weak.upgrade().is_none()).await;
}

/// A follower whose client reads nothing is not polled; others at the same number go on.
#[tokio::test(start_paused = true)]
async fn a_follower_that_is_not_polled_holds_up_nobody() {
    let (app, reading) = app();
    let (run, mut one, mut two) = two_followers(&app, "/jobs/quiet").await;
    let shut = reading.write().await;
    // The first one's read is on its way, and then nobody asks for its body any more.
    for _ in 0..1200 {
        poll(&mut one).await;
    }
    drop(shut);
    assert_eq!(cancel(&app, &run).await.status, StatusCode::ACCEPTED);
    let end = timeout(Duration::from_secs(120), read_until(&mut two, "event: error")).await;
    assert!(end.is_ok(), "the second follower hangs: the run ended two minutes ago ({})", state(&app, &run).await);
}
