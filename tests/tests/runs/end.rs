//! How a run ends: by its action, by a failure, or because it is cancelled.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode};
use http_body_util::BodyExt as _;
use outflow::{Controller as _, Packet, action, controller, run::Runs};
use tokio::time::{sleep, timeout};
use tower_http::compression::CompressionLayer;

use crate::support::{
    empty, frame,
    logs::BentLog,
    open, read,
    runs::{cancel, complete, follow_after, location, post, start, state},
    send, soon, until,
    wire::End,
};

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

fn app() -> (Router, Jobs) {
    let jobs = Jobs::default();
    (jobs.clone().into_router(), jobs)
}

#[tokio::test]
async fn a_run_ends_like_any_action() {
    let (app, _) = app();
    let (reply, _) = complete(&app, "/jobs/panics").await;
    assert!(reply.body.contains("event: error\nid: 2\ndata: {\"status\":500"), "{}", reply.body);
    assert!(!reply.body.contains("on purpose"));
    let (reply, _) = complete(&app, "/jobs/silent").await;
    assert_eq!(reply.body, "retry: 1000\nid: 0\nevent: done\nid: 1\ndata: 9\n\n");
    // The ids are the packets' numbers.
    let (reply, _) = complete(&app, "/jobs/refused").await;
    assert!(reply.body.contains("id: 1\nevent: named\ndata: text\n\nevent: error\nid: 2\n"), "{}", reply.body);
}

#[tokio::test]
async fn an_early_failure_is_the_answer_and_stays_it() {
    let (app, jobs) = app();
    for _ in 0..2 {
        let (reply, run) = complete(&app, "/jobs/fails-early").await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::PAYMENT_REQUIRED, "no money"));
        assert_eq!((reply.header("x-price"), reply.header("run-state")), ("7", "failed"));
        let followed = follow_after(&app, &run, "0").await;
        assert_eq!(followed.status, StatusCode::OK);
        assert!(followed.body.contains("event: error\nid: 1\ndata: {\"detail\":\"no money\""), "{}", followed.body);
    }
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
    let (late, _) = complete(&app, "/jobs/fails-late").await;
    assert!(late.body.contains("id: 1\ndata: \"one\"\n\nevent: error\nid: 2\ndata: {"), "{}", late.body);
}

#[tokio::test]
async fn an_early_error_that_says_success_is_a_500() {
    let (reply, _) = complete(&app().0, "/jobs/fails-with-a-success").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn what_no_event_stream_could_carry_is_refused_where_it_is_sent() {
    let (app, jobs) = app();
    complete(&app, "/jobs/takes-the-name-of-the-end").await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_follower_is_cut_under_compression_too() {
    let app = app().0.layer(CompressionLayer::new());
    let request = post("/jobs/fails-after-much");
    let request = request.header("accept", "application/x-ndjson").header("accept-encoding", "gzip");
    let mut body = open(&app, empty(request)).await.into_body();
    let cut = async {
        while let Some(frame) = body.frame().await {
            if frame.is_err() {
                return End::Cut;
            }
        }
        End::Clean
    };
    let end = timeout(Duration::from_secs(10), soon("the cut", cut)).await;
    assert_eq!(end.expect("the cut waits"), End::Cut);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cancelled_by_whoever_may() {
    let (app, jobs) = app();
    let mut started = start(&app, "/jobs/endless").await;
    assert!(frame(&mut started.body).await.is_some());
    assert_eq!(cancel(&app, &started.run).await.status, StatusCode::ACCEPTED);
    let (text, _) = read(started.body).await;
    let last = text.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.contains("event: error") && last.contains("urn:outflow:run/cancelled"), "{last}");
    // The controller, and this.
    assert_eq!(Arc::strong_count(&jobs.started), 2);
    assert_eq!(cancel(&app, &started.run).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test(start_paused = true)]
async fn a_destructor_that_panics_does_not_take_the_end_with_it() {
    let (app, _) = app();
    let started = start(&app, "/jobs/bomb").await;
    assert_eq!(cancel(&app, &started.run).await.status, StatusCode::ACCEPTED);
    let (text, _) = read(started.body).await;
    assert!(text.contains("urn:outflow:run/cancelled"), "{text}");
}

/// `Run-State` says the same in the answer to a `POST` and to a `HEAD`.
#[tokio::test(start_paused = true)]
async fn a_run_has_one_state() {
    let log = BentLog::shared();
    let opened = log.opened.clone();
    let app = Jobs::default().into_router().layer(Runs::new(log).layer());
    let held = tokio::spawn({
        let app = app.clone();
        async move { send(&app, post("/jobs/held")).await }
    });
    until("the run", async || opened.lock().unwrap().is_some()).await;
    let run = format!("/jobs/held/runs/{}", opened.lock().unwrap().clone().unwrap());
    assert_eq!(cancel(&app, &run).await.status, StatusCode::ACCEPTED);
    let reply = held.await.unwrap();
    assert_eq!(location("/jobs/held", &reply.headers), run);
    assert_eq!(reply.header("run-state"), state(&app, &run).await, "{} {}", reply.status, reply.body);
}
