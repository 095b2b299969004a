//! Runs and their followers when the server is told to stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{Request, StatusCode},
};
use outflow::{
    Controller as _, Drain, action, controller,
    run::{RunState, Runs},
    test::Client,
};
use tokio::{sync::Notify, time::sleep};

use crate::support::{empty, logs::BentLog, open, read, read_until, runs::KEY, soon};

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

/// A client of an application with the drain's layer. The server itself goes on, so that it can be asked how runs are.
fn client(app: Router, drain: &Drain) -> Client {
    Client::new(app.layer(drain.layer()))
}

#[tokio::test(start_paused = true)]
async fn a_run_has_the_grace_period_and_is_lost_at_its_end() {
    let drain = Drain::new().grace(Duration::from_secs(10));
    let client = client(Jobs::default().into_router(), &drain);
    let mut answer = client.post("/jobs/endless").start();
    assert_eq!(answer.packet::<u32>().await, 1);
    drain.start();
    // Nobody else has a log in memory, so its followers stay.
    answer.quiet(Duration::from_secs(9)).await;
    assert!(answer.failed().await.detail().contains("the server is shutting down"), "{answer:?}");
    assert!(String::from_utf8_lossy(&answer.wire().await).contains("event: error\nid: 2\n"));
    assert_eq!(client.state(answer.run()).await, RunState::Lost);
    assert_eq!(client.post("/jobs/job").start().head().await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_shut_down_is_lost() {
    let jobs = Jobs::default();
    let drain = Drain::new().grace(Duration::from_secs(1));
    let client = client(jobs.clone().into_router(), &drain);
    let start = || client.post("/jobs/silent").header("idempotency-key", KEY).start();
    let mut first = start();
    soon("the start", jobs.started.notified()).await;
    drain.start();
    assert_eq!(first.failed().await.problem()["type"], "urn:outflow:run/lost");
    let again = start().head().await;
    assert_eq!(again.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(again.headers()["run-state"], "lost");
}

/// The response is dropped by hand: over a connection the server would notice a moment later that its client has left.
#[tokio::test(start_paused = true)]
async fn a_server_waits_for_what_goes_on_without_a_client() {
    for path in ["/jobs/finishes", "/jobs/job"] {
        let (drain, jobs) = (Drain::new(), Jobs::default());
        let app = jobs.clone().into_router().layer(drain.layer());
        drop(open(&app, empty(Request::post(path))).await);
        drain.start();
        soon("the end of all streams", drain.idle()).await;
        assert_eq!(jobs.finished.load(Ordering::SeqCst), 1, "{path}");
    }
}

/// Other processes reach the log too, so a follower is told at once to go to one of them, however much it has yet to
/// read. It is a body within the process, so that nothing more is on its way to it.
#[tokio::test(start_paused = true)]
async fn a_follower_behind_is_told_to_go_too() {
    let drain = Drain::new();
    let app = Jobs::default().into_router().layer(Runs::new(BentLog::shared()).layer()).layer(drain.layer());
    let client = Client::new(app.clone());
    let mut first = client.post("/jobs/long").start();
    first.packets::<String, 2000>().await;
    let run = first.run();
    let get = Request::get(run.path()).header("run-key", run.key().unwrap());
    let mut body = open(&app, empty(get)).await.into_body();
    read_until(&mut body, "id: 1\n").await;
    drain.start();
    first.cut().await;
    let (rest, _) = read(body).await;
    assert!(rest.len() < 100_000, "{} bytes after it", rest.len());
    assert_eq!(client.ended(run).await, RunState::Lost);
}
