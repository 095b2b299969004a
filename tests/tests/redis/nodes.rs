//! Two nodes on one Redis: runs are followed and cancelled from either.

use std::{
    array,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use outflow::{
    Controller as _, action, controller,
    run::{RedisLog, RunId, RunState, Runs},
    test::{Client, after},
};
use tokio::{sync::Semaphore, time::sleep};

use crate::support::{redis::server::Redis, runs::OTHER_KEY, soon};

/// One of the nodes.
#[derive(Clone)]
struct Node {
    started: Arc<AtomicUsize>,
    words: Arc<Semaphore>,
}

#[controller]
impl Node {
    #[action(post, path = "/count/{to}", resumable)]
    async fn count(&self, to: u32) -> u32 {
        self.started.fetch_add(1, Ordering::SeqCst);
        for i in 1..=to {
            self.words.acquire().await.unwrap().forget();
            self.stream(i);
        }
        to
    }

    #[action(post, resumable)]
    async fn endless(&self) {
        loop {
            self.stream(0);
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Clients of two nodes on one Redis.
async fn nodes(redis: &Redis) -> (Client, Client, Node) {
    let node = Node { started: Arc::default(), words: Arc::new(Semaphore::new(0)) };
    let app = async || node.clone().into_router().layer(Runs::new(redis.log().await).layer());
    let (one, two) = Client::pair(app().await, app().await);
    (one, two, node)
}

#[tokio::test]
async fn a_run_is_followed_from_another_node() {
    let redis = Redis::start();
    let (one, two, node) = nodes(&redis).await;
    let mut first = one.post("/node/count/300").start();
    first.head().await;
    let run = first.run();
    let mut early = two.follow(&run, after(0)).start();
    node.words.add_permits(20);
    assert_eq!(early.packets::<u32, 20>().await, array::from_fn(|index| index as u32 + 1));
    let mut late = two.follow(&run, after(7)).start();
    late.head().await;
    node.words.add_permits(280);
    for (answer, next) in [(&mut early, 21), (&mut late, 8), (&mut first, 1)] {
        let rest = answer.rest::<u32, u32>().await;
        assert_eq!((rest.packets, rest.result), ((next..=300).collect(), 300));
        assert!(answer.wire().await.ends_with(b"id: 300\ndata: 300\n\nevent: done\nid: 301\ndata: 300\n\n"));
    }
    assert_eq!(node.started.load(Ordering::SeqCst), 1);
    assert_eq!(two.follow(&run, after(301)).start().head().await.status(), StatusCode::NO_CONTENT);
    let stranger = two.get(run.path()).header("run-key", OTHER_KEY).start().head().await;
    assert_eq!(stranger.status(), StatusCode::NOT_FOUND);
}

/// Otherwise the time of the answer would tell a stranger that there is a run.
#[tokio::test]
async fn a_stranger_causes_the_same_calls_with_and_without_a_run() {
    let redis = Redis::start();
    let (one, _, node) = nodes(&redis).await;
    let mut answer = one.post("/node/count/3").start();
    answer.head().await;
    let run = answer.run();
    // A run that is open makes calls of its own, from time to time.
    node.words.add_permits(3);
    answer.done::<u32>().await;
    let unknown = format!("{}/{}", run.path().rsplit_once('/').unwrap().0, RunId::random());
    let mut calls = Vec::new();
    // The first one makes the script known.
    for path in [&*unknown, run.path(), &unknown] {
        redis.ask(&["CONFIG", "RESETSTAT"]);
        let head = one.get(path).header("run-key", OTHER_KEY).start().head().await;
        assert_eq!(head.status(), StatusCode::NOT_FOUND);
        let stats = redis.ask(&["INFO", "commandstats"]);
        calls.push(
            stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:")?.split(',').next()).map(str::to_owned),
        );
    }
    assert_eq!(calls[1], calls[2]);
}

#[tokio::test]
async fn a_run_is_cancelled_from_another_node() {
    let redis = Redis::start();
    let (one, two, _) = nodes(&redis).await;
    let mut first = one.post("/node/endless").start();
    first.packet::<u32>().await;
    let run = first.run();
    two.cancel(&run).await;
    for mut answer in [first, two.follow(&run, after(0)).start()] {
        assert_eq!(answer.failed().await.problem()["type"], "urn:outflow:run/cancelled");
    }
    one.dropped("/node/endless").await;
    assert_eq!(one.state(run).await, RunState::Cancelled);
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named() {
    let connecting = RedisLog::connect("redis://user:secret@127.0.0.1:1");
    let error = soon("the error", connecting).await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1") && !error.contains("secret"), "{error}");
    assert!(RedisLog::connect("nonsense").await.is_err());
}
