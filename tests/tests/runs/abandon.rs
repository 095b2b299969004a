//! Who follows a run: what becomes of one that nobody follows, and how many may.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, request::Parts},
};
use outflow::{
    Controller as _, Drain, action, controller,
    run::{MemoryLog, RunId, RunLog as _, Runs},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use crate::support::{
    OnDrop, ask, frame,
    logs::{BentLog, on_each_log},
    open,
    redis::server::Redis,
    runs::{KEY, follow, start, state},
};

#[derive(Clone, Default)]
struct Jobs {
    dropped: Arc<Notify>,
}

#[controller]
impl Jobs {
    #[action(post, resumable(abandon_after = "2m"))]
    async fn costly(&self) {
        let _dropped = OnDrop(self.dropped.clone());
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable(abandon_after = "1s"))]
    async fn busy(&self) {
        loop {
            self.stream("x");
            sleep(Duration::from_millis(10)).await;
        }
    }

    #[action(post, resumable(max_followers = 2))]
    async fn popular(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable(owner = user, max_runs = 3))]
    async fn mine(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn patient(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }
}

fn user(request: &Parts) -> Option<String> {
    request.headers.get("x-user").and_then(|user| user.to_str().ok()).map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_nobody_follows_is_cancelled_after_a_while() {
    let jobs = Jobs::default();
    let app = jobs.clone().into_router();
    let (run, mut body) = start(&app, "/jobs/costly").await;
    frame(&mut body).await;
    // Somebody who stays, however little comes.
    assert!(timeout(Duration::from_secs(600), async { while frame(&mut body).await.is_some() {} }).await.is_err());
    drop(body);
    sleep(Duration::from_secs(110)).await;
    // Somebody who looks in for a moment. To ask for the state is not to follow.
    let mut body = follow(&app, &run).await;
    assert!(timeout(Duration::from_secs(2), async { while frame(&mut body).await.is_some() {} }).await.is_err());
    drop(body);
    sleep(Duration::from_secs(110)).await;
    assert_eq!(state(&app, &run).await, "open");
    let since = Instant::now();
    jobs.dropped.notified().await;
    assert!(since.elapsed() < Duration::from_secs(13), "{:?}", since.elapsed());
    assert_eq!(state(&app, &run).await, "cancelled");
    let end = ask(&app, Method::GET, &run, &[("run-key", KEY)]).await.body;
    assert!(end.contains("event: error\nid: 2\n") && end.contains("nobody followed the run"), "{end}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_says_nothing_of_it_is_never_abandoned() {
    let app = Jobs::default().into_router();
    let (run, body) = start(&app, "/jobs/patient").await;
    drop(body);
    sleep(Duration::from_secs(100 * 60 * 60)).await;
    assert_eq!(state(&app, &run).await, "open");
}

#[tokio::test(start_paused = true)]
async fn a_busy_run_is_abandoned_like_any_other() {
    let app = Jobs::default().into_router();
    let (run, body) = start(&app, "/jobs/busy").await;
    drop(body);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(state(&app, &run).await, "cancelled");
}

/// Whoever follows tells the writer through the log, wherever it is.
#[tokio::test]
async fn a_run_is_not_abandoned_while_another_node_follows_it() {
    let redis = Redis::start();
    let app = async || Jobs::default().into_router().layer(Runs::new(redis.log().await).layer());
    let (one, two) = (app().await, app().await);
    let (run, body) = start(&one, "/jobs/busy").await;
    let mut elsewhere = follow(&two, &run).await;
    frame(&mut elsewhere).await;
    drop(body);
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        assert!(frame(&mut elsewhere).await.is_some());
    }
    assert_eq!(state(&one, &run).await, "open");
    drop(elsewhere);
    // What was told is known for a while longer.
    let id = run.rsplit('/').next().unwrap();
    let ttl: u64 = redis.ask(&["PTTL", &format!("outflow:{{{id}}}:f")]).parse().unwrap();
    assert!((5_000..=15_000).contains(&ttl), "{ttl}");
    redis.ask(&["DEL", &format!("outflow:{{{id}}}:f")]);
    let cancelled = async {
        while state(&two, &run).await != "cancelled" {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(30), cancelled).await.expect("it goes on for nobody");
}

#[tokio::test]
async fn a_log_that_does_not_know_of_a_run_has_no_followers_of_it() {
    let redis = Redis::start();
    let log = redis.log().await;
    let run = RunId::random();
    log.follow(&run).await.unwrap();
    assert!(!log.is_followed(&run).await.unwrap());
    assert!(!MemoryLog::new().is_followed(&run).await.unwrap());
}

#[tokio::test]
async fn too_many_followers_are_told_to_come_back() {
    let app = Jobs::default().into_router();
    let (run, first) = start(&app, "/jobs/popular").await;
    let second = follow(&app, &run).await;
    let get = ask(&app, Method::GET, &run, &[("run-key", KEY)]).await;
    let post = ask(&app, Method::POST, "/jobs/popular", &[("idempotency-key", KEY)]).await;
    for reply in [get, post] {
        assert_eq!((reply.status, reply.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "3"));
        assert!(reply.body.contains("reached its limit of followers"), "{}", reply.body);
    }
    // Neither to ask for its state nor to end it is to follow it.
    assert_eq!(state(&app, &run).await, "open");
    drop(first);
    let mut third = follow(&app, &run).await;
    assert!(frame(&mut third).await.is_some());
    drop((second, third));
    assert_eq!(ask(&app, Method::DELETE, &run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
}

/// Who follows runs no action, and has no place among the streams that do.
#[tokio::test]
async fn a_full_server_lets_in_who_comes_back() {
    let app = Jobs::default().into_router().layer(Drain::new().max_streams(1).layer());
    let (_, body) = start(&app, "/jobs/patient").await;
    drop(body);
    let (_, mut again) = start(&app, "/jobs/patient").await;
    assert!(frame(&mut again).await.is_some());
    let other = ask(&app, Method::POST, "/jobs/patient", &[("idempotency-key", "another-key-0123456789")]).await;
    assert_eq!((other.status, other.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "3"));
}

on_each_log! {
    async fn an_owner_has_so_many_runs_open_and_no_more(log: Log) {
        let one = Jobs::default().into_router().layer(Runs::new(BentLog::new(log.clone())).layer());
        let two = Jobs::default().into_router().layer(Runs::new(BentLog::new(log)).layer());
        let post = async |app: &Router, user: &str, key: usize| {
            let key = format!("{KEY}-{key}");
            let request = Request::post("/jobs/mine").header("x-user", user).header("idempotency-key", &key);
            let response = open(app, request.body(Body::empty()).unwrap()).await;
            let retry = response.headers().get("retry-after").map(|after| after.to_str().unwrap().to_owned());
            let run = response.headers().get("location").map(|run| run.to_str().unwrap().replace("./", "/jobs/"));
            (response.status(), retry, run, key)
        };
        let mut runs = Vec::new();
        for (i, app) in [&one, &two, &one].into_iter().enumerate() {
            let (status, _, run, key) = post(app, "ada", i).await;
            assert_eq!(status, StatusCode::OK);
            runs.push((run.unwrap(), key));
        }
        for app in [&one, &two] {
            let (status, retry, run, _) = post(app, "ada", 3).await;
            assert_eq!((status, retry.as_deref(), run), (StatusCode::TOO_MANY_REQUESTS, Some("3"), None));
            // What is there already may be followed, and others have runs of their own.
            assert_eq!(post(app, "ada", 0).await.0, StatusCode::OK);
            assert_eq!(post(app, "bob", 0).await.0, StatusCode::OK);
        }
        let headers = [("run-key", &*runs[1].1), ("x-user", "ada")];
        assert_eq!(ask(&two, Method::DELETE, &runs[1].0, &headers).await.status, StatusCode::ACCEPTED);
        while ask(&one, Method::HEAD, &runs[1].0, &headers).await.header("run-state") == "open" {
            sleep(Duration::from_millis(5)).await;
        }
        // With the key that was refused.
        assert_eq!(post(&two, "ada", 3).await.0, StatusCode::OK);
        assert_eq!(post(&one, "ada", 4).await.0, StatusCode::TOO_MANY_REQUESTS);
    }
}
