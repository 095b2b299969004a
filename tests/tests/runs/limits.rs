//! The bounds of runs: their packets, their number, their followers, and the memory that all of them take.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    http::{Method, StatusCode},
};
use bytes::Bytes;
use outflow::{
    Controller as _, Drain, action, controller,
    run::{AppendError, MemoryLog, RunId, RunLog as _, RunState, Runs},
};
use tokio::sync::Notify;

use crate::support::{
    OnDrop, ask, frame,
    logs::BentLog,
    runs::{KEY, OTHER_KEY, Started, cancel, complete, follow, follow_after, head, meta, start, state},
    soon, until,
};

/// Notified when the action of `held` has been dropped.
static DROPPED: LazyLock<Arc<Notify>> = LazyLock::new(Arc::default);

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable(overflow = window, retention = "1m"))]
    async fn window(&self) {
        for _ in 0..20 {
            self.stream("x".repeat(1024 * 1024));
        }
    }

    #[action(post, resumable)]
    async fn too_large(&self) {
        for _ in 0..20 {
            self.stream("x".repeat(1024 * 1024));
        }
    }

    #[action(post, resumable)]
    async fn large_result(&self) -> String {
        self.stream(1);
        "x".repeat(17 << 20)
    }

    #[action(post, resumable(max_followers = 2))]
    async fn popular(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn endless(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn held(&self) {
        let _dropped = OnDrop(DROPPED.clone());
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn quick(&self) {
        self.stream(1);
    }
}

fn app() -> Router {
    Jobs.into_router()
}

#[tokio::test]
async fn a_window_keeps_the_newest_and_says_what_is_gone() {
    let app = app();
    let (_, run) = complete(&app, "/jobs/window").await;
    assert_eq!(head(&app, &run).await, ("done".to_owned(), 21));
    let gone = follow_after(&app, &run, "2").await;
    assert_eq!(gone.status, StatusCode::GONE);
    let first = gone.json()["first"].as_u64().unwrap();
    assert!((5..=7).contains(&first), "{first}");
    let rest = follow_after(&app, &run, &(first - 1).to_string()).await;
    assert!(rest.body.contains(&format!("id: {first}\n")) && rest.body.ends_with("id: 21\ndata:\n\n"));
}

#[tokio::test]
async fn a_run_that_is_too_large_fails() {
    let app = app();
    let (reply, run) = complete(&app, "/jobs/too-large").await;
    assert!(reply.body.contains("event: error\n") && reply.body.contains("urn:outflow:run/full"));
    assert_eq!(state(&app, &run).await, "failed");
}

#[tokio::test]
async fn a_result_that_is_too_large_has_no_room() {
    let (reply, _) = complete(&app(), "/jobs/large-result").await;
    assert!(reply.body.contains("event: error") && reply.body.contains("urn:outflow:run/full"), "{}", reply.body.len());
}

#[tokio::test]
async fn too_many_followers_are_told_to_come_back() {
    let app = app();
    let Started { run, body: first } = start(&app, "/jobs/popular").await;
    let second = follow(&app, &run).await;
    let get = ask(&app, Method::GET, &run, &[("run-key", KEY)]).await;
    let post = ask(&app, Method::POST, "/jobs/popular", &[("idempotency-key", KEY)]).await;
    for reply in [get, post] {
        assert_eq!((reply.status, reply.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "3"));
        assert!(reply.body.contains("reached its limit of followers"), "{}", reply.body);
    }
    // A request for its state does not count as a follower, and neither does a cancel.
    assert_eq!(state(&app, &run).await, "open");
    drop(first);
    let mut third = follow(&app, &run).await;
    assert!(frame(&mut third).await.is_some());
    drop((second, third));
    assert_eq!(cancel(&app, &run).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn running_runs_count_among_the_streams_that_may_be_open() {
    let app = app().layer(Drain::new().max_streams(1).layer());
    drop(start(&app, "/jobs/endless").await);
    let reply = ask(&app, Method::POST, "/jobs/quick", &[("idempotency-key", KEY)]).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// A follower runs no action, so it takes no place among the streams that do.
#[tokio::test]
async fn a_full_server_lets_in_who_comes_back() {
    let app = app().layer(Drain::new().max_streams(1).layer());
    drop(start(&app, "/jobs/endless").await);
    let mut again = start(&app, "/jobs/endless").await.body;
    assert!(frame(&mut again).await.is_some());
    let other = ask(&app, Method::POST, "/jobs/endless", &[("idempotency-key", OTHER_KEY)]).await;
    assert_eq!((other.status, other.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "3"));
}

#[tokio::test(start_paused = true)]
async fn the_memory_is_bounded_and_ended_runs_make_room() {
    let log = MemoryLog::new();
    let megabyte = Bytes::from(vec![b'd'; 1 << 20]);
    let filling = async {
        for _ in 0..300 {
            let writer = log.open(&RunId::random(), meta()).await.unwrap();
            log.close(&writer, 1, RunState::Done, megabyte.clone()).await.unwrap();
        }
        for open in 0.. {
            let writer = log.open(&RunId::random(), meta()).await.unwrap();
            for number in 1..=10 {
                if let Err(error) = log.append(&writer, number, [&megabyte].into()).await {
                    return (open, error);
                }
            }
        }
        unreachable!("it takes everything")
    };
    let (open, refused) = soon("a refusal", filling).await;
    assert!(matches!(refused, AppendError::Full), "{refused:?}");
    // Open runs are never dropped for others: 25 of 10 MiB.
    assert_eq!(open, 25);
}

/// Its place is free once its end is in the log, and not as soon as its action has been dropped.
#[tokio::test(start_paused = true)]
async fn a_run_keeps_its_place_until_it_has_ended() {
    let log = BentLog::in_memory();
    let app = app().layer(Runs::new(log.clone()).layer()).layer(Drain::new().max_streams(1).layer());
    let Started { run, body } = start(&app, "/jobs/held").await;
    drop(body);
    let shut = log.closing.write().await;
    let dropped = DROPPED.notified();
    assert_eq!(cancel(&app, &run).await.status, StatusCode::ACCEPTED);
    soon("the end of the action", dropped).await;
    let other = || ask(&app, Method::POST, "/jobs/quick", &[("idempotency-key", OTHER_KEY)]);
    assert_eq!(other().await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(state(&app, &run).await, "open");
    drop(shut);
    until("a place", async || other().await.status == StatusCode::OK).await;
    assert_eq!(state(&app, &run).await, "cancelled");
}
