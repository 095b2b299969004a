//! Runs and their followers when the server is told to stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode};
use outflow::{Controller as _, Drain, action, controller, run::Runs};
use tokio::{sync::Notify, time::sleep};

use crate::support::{
    empty,
    logs::BentLog,
    open, read, read_until,
    runs::{Started, follow, head, post, start, state},
    send, soon, until,
};

#[derive(Clone, Default)]
struct Jobs {
    started: Arc<Notify>,
    finished: Arc<AtomicUsize>,
}

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn endless(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn silent(&self) {
        self.started.notify_one();
        std::future::pending::<()>().await;
        self.stream(1);
    }

    #[action(post, resumable)]
    async fn job(&self) {
        self.stream(1);
        sleep(Duration::from_secs(5)).await;
        self.finished.fetch_add(1, Ordering::SeqCst);
    }

    #[action(post, on_disconnect = finish)]
    async fn finishes(&self) {
        self.stream(1);
        sleep(Duration::from_secs(5)).await;
        self.finished.fetch_add(1, Ordering::SeqCst);
    }

    #[action(post, resumable(overflow = window))]
    async fn long(&self) {
        for _ in 0..2000 {
            self.stream("x".repeat(1000));
        }
        std::future::pending::<()>().await;
    }
}

fn app(drain: &Drain) -> (Router, Jobs) {
    let jobs = Jobs::default();
    (jobs.clone().into_router().layer(drain.layer()), jobs)
}

#[tokio::test(start_paused = true)]
async fn a_run_has_the_grace_period_and_is_lost_at_its_end() {
    let drain = Drain::new();
    let (app, _) = app(&drain);
    let Started { run, body } = start(&app, "/jobs/endless").await;
    drain.start();
    // Nobody else has a log in memory, so its followers stay.
    let (text, _) = read(body).await;
    assert!(text.contains("event: error\nid: 2\ndata: {") && text.contains("the server is shutting down"), "{text}");
    assert_eq!(state(&app, &run).await, "lost");
    assert_eq!(send(&app, post("/jobs/job")).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_shut_down_is_lost() {
    let drain = Drain::new().grace(Duration::from_secs(1));
    let (app, jobs) = app(&drain);
    let first = app.clone();
    let reply = tokio::spawn(async move { send(&first, post("/jobs/silent")).await });
    soon("the start", jobs.started.notified()).await;
    drain.start();
    assert!(reply.await.unwrap().body.contains("urn:outflow:run/lost"));
    let again = send(&app, post("/jobs/silent")).await;
    assert_eq!((again.status, again.header("run-state")), (StatusCode::SERVICE_UNAVAILABLE, "lost"));
}

#[tokio::test(start_paused = true)]
async fn a_server_waits_for_what_goes_on_without_a_client() {
    for path in ["/jobs/finishes", "/jobs/job"] {
        let drain = Drain::new();
        let (app, jobs) = app(&drain);
        drop(open(&app, empty(post(path))).await);
        drain.start();
        soon("the end of all streams", drain.idle()).await;
        assert_eq!(jobs.finished.load(Ordering::SeqCst), 1, "{path}");
    }
}

/// Other processes reach the log too, so a follower is told at once to go to one of them, however much it has yet to
/// read.
#[tokio::test(start_paused = true)]
async fn a_follower_behind_is_told_to_go_too() {
    let drain = Drain::new();
    let app = Jobs::default().into_router().layer(Runs::new(BentLog::shared()).layer()).layer(drain.layer());
    let Started { run, body } = start(&app, "/jobs/long").await;
    drop(body);
    until("the last packet", async || head(&app, &run).await.1 == 2000).await;
    let mut body = follow(&app, &run).await;
    read_until(&mut body, "id: 1\n").await;
    drain.start();
    let (rest, _) = read(body).await;
    assert!(rest.len() < 100_000, "{} bytes after it", rest.len());
}
