//! How a run ends: by its action, by a failure, or because it is cancelled.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::{Method, StatusCode};
use outflow::{
    Controller as _, Packet, action, controller,
    run::Runs,
    test::{Answer, Client, after},
};
use tokio::time::sleep;
use tower_http::compression::CompressionLayer;

use crate::support::{logs::BentLog, runs::KEY, until};

#[derive(Clone, Default)]
struct Jobs {
    started: Arc<AtomicUsize>,
}

/// Its destructor panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn fails_early(&self) -> Result<(), (StatusCode, [(&'static str, &'static str); 1], &'static str)> {
        self.started.fetch_add(1, Ordering::SeqCst);
        if true {
            return Err((StatusCode::PAYMENT_REQUIRED, [("x-price", "7")], "no money"));
        }
        self.stream("never");
        Ok(())
    }

    #[action(post, resumable)]
    async fn fails_with_a_success(&self) -> Result<(), StatusCode> {
        if true {
            return Err(StatusCode::OK);
        }
        self.stream(1);
        Ok(())
    }

    #[action(post, resumable)]
    async fn fails_late(&self) -> Result<(), StatusCode> {
        self.stream("one");
        Err(StatusCode::CONFLICT)
    }

    #[action(post, resumable)]
    async fn fails_after_much(&self) -> Result<(), StatusCode> {
        for _ in 0..100 {
            self.stream("x".repeat(100));
        }
        Err(StatusCode::CONFLICT)
    }

    #[action(post, resumable)]
    async fn panics(&self) {
        self.stream(1);
        panic!("on purpose");
    }

    #[action(post, resumable)]
    async fn silent(&self) -> u8 {
        if false {
            self.stream(1);
        }
        9
    }

    #[action(post, resumable)]
    async fn refused(&self) {
        self.stream(Packet::raw("text").event("named"));
        self.stream(Packet::json(&2).id("3"));
    }

    #[action(post, resumable)]
    async fn takes_the_name_of_the_end(&self) {
        self.stream(Packet::json(&1).event("done"));
        self.started.fetch_add(1, Ordering::SeqCst);
    }

    #[action(post, resumable)]
    async fn endless(&self) {
        let _started = self.started.clone();
        loop {
            self.stream("tick");
            sleep(Duration::from_millis(10)).await;
        }
    }

    #[action(post, resumable)]
    async fn bomb(&self) {
        let _bomb = Bomb;
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable(abandon_after = "1s"), open_after = "20s")]
    async fn held(&self) {
        sleep(Duration::from_secs(6)).await;
        self.stream(1);
    }
}

/// Cancels a run, and returns the status of the answer.
async fn cancel(client: &Client, run: &str, key: &str) -> StatusCode {
    client.request(Method::DELETE, run).header("run-key", key).start().head().await.status()
}

#[tokio::test]
async fn a_run_ends_like_any_action() {
    let client = Client::new(Jobs::default());
    let mut panics = client.post("/jobs/panics").start();
    assert_eq!(panics.packet::<u32>().await, 1);
    assert_eq!(panics.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let wire = text(&mut panics).await;
    assert!(wire.contains("event: error\nid: 2\n") && !wire.contains("on purpose"), "{wire}");
    let silent = text(&mut client.post("/jobs/silent").start()).await;
    assert_eq!(silent, "retry: 1000\nid: 0\nevent: done\nid: 1\ndata: 9\n\n");
    // The ids are the packets' numbers.
    let mut refused = client.post("/jobs/refused").start();
    let packet = refused.received().await;
    assert_eq!((packet.name(), packet.id(), &*packet.text()), (Some("named"), Some("1"), "text"));
    refused.failed().await;
    let wire = text(&mut refused).await;
    assert!(wire.contains("data: text\n\nevent: error\nid: 2\n"), "{wire}");
}

/// All bytes of the body.
async fn text(answer: &mut Answer) -> String {
    String::from_utf8(answer.wire().await.into()).unwrap()
}

#[tokio::test]
async fn an_early_failure_is_the_answer_and_stays_it() {
    let jobs = Jobs::default();
    let client = Client::new(jobs.clone());
    for _ in 0..2 {
        let mut answer = client.post("/jobs/fails-early").header("idempotency-key", KEY).start();
        let head = answer.head().await;
        assert_eq!((head.status(), &*answer.wire().await), (StatusCode::PAYMENT_REQUIRED, &b"no money"[..]));
        assert_eq!(head.headers()["x-price"], "7");
        assert_eq!(head.headers()["run-state"], "failed");
        let mut follower = client.follow(answer.run(), after(0)).start();
        assert_eq!(follower.head().await.status(), StatusCode::OK);
        assert_eq!(follower.failed().await.detail(), "no money");
        assert!(text(&mut follower).await.contains("event: error\nid: 1\ndata: {"));
    }
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
    let mut late = client.post("/jobs/fails-late").start();
    assert_eq!(late.packet::<String>().await, "one");
    assert_eq!(late.failed().await.status(), StatusCode::CONFLICT);
    assert!(text(&mut late).await.contains("id: 1\ndata: \"one\"\n\nevent: error\nid: 2\ndata: {"));
}

#[tokio::test]
async fn an_early_error_that_says_success_is_a_500() {
    let client = Client::new(Jobs::default());
    let head = client.post("/jobs/fails-with-a-success").start().head().await;
    assert_eq!(head.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn what_no_event_stream_could_carry_is_refused_where_it_is_sent() {
    let jobs = Jobs::default();
    let client = Client::new(jobs.clone());
    client.post("/jobs/takes-the-name-of-the-end").start().failed().await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_follower_is_cut_under_compression_too() {
    let app = Jobs::default().into_router().layer(CompressionLayer::new());
    let client = Client::new(app).limit(Duration::from_secs(10)).accept("application/x-ndjson");
    let mut answer = client.post("/jobs/fails-after-much").header("accept-encoding", "gzip").start();
    assert_eq!(answer.head().await.headers()["content-encoding"], "gzip");
    answer.cut().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cancelled_by_whoever_may() {
    let jobs = Jobs::default();
    let client = Client::new(jobs.clone());
    let mut answer = client.post("/jobs/endless").header("idempotency-key", KEY).start();
    answer.packet::<String>().await;
    let run = answer.run();
    assert_eq!(cancel(&client, run.path(), KEY).await, StatusCode::ACCEPTED);
    assert_eq!(answer.failed().await.problem()["type"], "urn:outflow:run/cancelled");
    // The controller, and this.
    assert_eq!(Arc::strong_count(&jobs.started), 2);
    assert_eq!(cancel(&client, run.path(), KEY).await, StatusCode::NO_CONTENT);
}

#[tokio::test(start_paused = true)]
async fn a_destructor_that_panics_does_not_take_the_end_with_it() {
    let client = Client::new(Jobs::default());
    let mut answer = client.post("/jobs/bomb").start();
    assert_eq!(answer.packet::<u32>().await, 1);
    client.cancel(answer.run()).await;
    assert_eq!(answer.failed().await.problem()["type"], "urn:outflow:run/cancelled");
}

/// `Run-State` says the same in the answer to a `POST` and to a `HEAD`.
#[tokio::test(start_paused = true)]
async fn a_run_has_one_state() {
    let log = BentLog::shared();
    let opened = log.opened.clone();
    let client = Client::new(Jobs::default().into_router().layer(Runs::new(log).layer()));
    let mut held = client.post("/jobs/held").header("idempotency-key", KEY).start();
    until("the run", async || opened.lock().unwrap().is_some()).await;
    let run = format!("/jobs/held/runs/{}", opened.lock().unwrap().clone().unwrap());
    assert_eq!(cancel(&client, &run, KEY).await, StatusCode::ACCEPTED);
    let head = held.head().await;
    assert_eq!(held.run().path(), run);
    assert_eq!(head.headers()["run-state"], client.state(held.run()).await.name(), "{held:?}");
}
