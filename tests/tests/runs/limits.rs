//! The bounds of runs: their packets, their number, their followers, and the memory that all of them take.

use axum::http::StatusCode;
use bytes::Bytes;
use outflow::{
    Controller as _, Drain, action, controller,
    run::{AppendError, MemoryLog, RunId, RunLog as _, RunState, Runs},
    test::{Client, Request, after},
};

use crate::support::{
    logs::BentLog,
    runs::{KEY, OTHER_KEY, meta},
    soon, until,
};

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
    async fn quick(&self) {
        self.stream(1);
    }
}

/// A client of a server that has room for one stream.
fn narrow() -> Client {
    Client::with_drain(Jobs, Drain::new().max_streams(1))
}

/// The status, `Retry-After` and the body of an answer that refuses.
async fn refusal(request: Request<'_>) -> (StatusCode, Option<String>, String) {
    let mut answer = request.start();
    let head = answer.head().await;
    let retry = head.headers().get("retry-after").map(|after| after.to_str().unwrap().to_owned());
    (head.status(), retry, String::from_utf8(answer.wire().await.into()).unwrap())
}

#[tokio::test]
async fn a_window_keeps_the_newest_and_says_what_is_gone() {
    let client = Client::new(Jobs);
    let mut first = client.post("/jobs/window").start();
    first.done::<()>().await;
    let run = first.run();
    assert_eq!(client.state(&run).await, RunState::Done);
    let gone = client.follow(&run, after(2)).start().failed().await;
    assert_eq!(gone.status(), StatusCode::GONE);
    let first = gone.problem()["first"].as_u64().unwrap();
    assert!((5..=7).contains(&first), "{first}");
    let mut rest = client.follow(&run, after(first - 1)).start();
    assert_eq!(rest.received().await.id(), Some(&*first.to_string()));
    assert_eq!(rest.rest::<String, ()>().await.packets.len() as u64, 20 - first);
    assert!(rest.wire().await.ends_with(b"event: done\nid: 21\ndata:\n\n"));
}

#[tokio::test]
async fn a_run_that_is_too_large_fails() {
    let client = Client::new(Jobs);
    let mut answer = client.post("/jobs/too-large").start();
    assert_eq!(answer.failed().await.problem()["type"], "urn:outflow:run/full");
    assert_eq!(client.state(answer.run()).await, RunState::Failed);
}

#[tokio::test]
async fn a_result_that_is_too_large_has_no_room() {
    let client = Client::new(Jobs);
    let mut answer = client.post("/jobs/large-result").start();
    assert_eq!(answer.packet::<u32>().await, 1);
    assert_eq!(answer.failed().await.problem()["type"], "urn:outflow:run/full");
}

#[tokio::test]
async fn too_many_followers_are_told_to_come_back() {
    let client = Client::new(Jobs);
    let mut first = client.post("/jobs/popular").header("idempotency-key", KEY).start();
    first.packet::<u32>().await;
    let run = first.run();
    let mut second = client.follow(&run, after(0)).start();
    second.packet::<u32>().await;
    for request in [client.follow(&run, after(0)), client.post("/jobs/popular").header("idempotency-key", KEY)] {
        let (status, retry, body) = refusal(request).await;
        assert_eq!((status, retry.as_deref()), (StatusCode::SERVICE_UNAVAILABLE, Some("3")));
        assert!(body.contains("reached its limit of followers"), "{body}");
    }
    // A request for its state does not count as a follower, and neither does a cancel.
    assert_eq!(client.state(&run).await, RunState::Open);
    first.leave();
    until("a place", async || {
        let mut third = client.follow(&run, after(0)).start();
        let is_let_in = third.head().await.status() == StatusCode::OK;
        if is_let_in {
            assert_eq!(third.packet::<u32>().await, 1);
            third.leave();
        }
        is_let_in
    })
    .await;
    client.cancel(run).await;
    second.failed().await;
}

#[tokio::test]
async fn running_runs_count_among_the_streams_that_may_be_open() {
    let client = narrow();
    let mut first = client.post("/jobs/endless").start();
    first.packet::<u32>().await;
    first.leave();
    assert_eq!(client.post("/jobs/quick").start().head().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    client.cancel(first.run()).await;
}

/// A follower runs no action, so it takes no place among the streams that do.
#[tokio::test]
async fn a_full_server_lets_in_who_comes_back() {
    let client = narrow();
    let start = |key: &str| client.post("/jobs/endless").header("idempotency-key", key);
    let mut first = start(KEY).start();
    first.packet::<u32>().await;
    first.leave();
    let mut again = start(KEY).start();
    assert_eq!(again.packet::<u32>().await, 1);
    let (status, retry, _) = refusal(start(OTHER_KEY)).await;
    assert_eq!((status, retry.as_deref()), (StatusCode::SERVICE_UNAVAILABLE, Some("3")));
    client.cancel(again.run()).await;
    again.failed().await;
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
    let app = Jobs.into_router().layer(Runs::new(log.clone()).layer());
    let client = Client::with_drain(app, Drain::new().max_streams(1));
    let mut first = client.post("/jobs/endless").start();
    first.packet::<u32>().await;
    let run = first.run();
    first.leave();
    let shut = log.closing.write().await;
    // Its action has been dropped then.
    client.cancel(&run).await;
    let other = async || {
        let mut answer = client.post("/jobs/quick").header("idempotency-key", OTHER_KEY).start();
        let status = answer.head().await.status();
        answer.leave();
        status
    };
    assert_eq!(other().await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.state(&run).await, RunState::Open);
    drop(shut);
    until("a place", async || other().await == StatusCode::OK).await;
    assert_eq!(client.state(&run).await, RunState::Cancelled);
}
