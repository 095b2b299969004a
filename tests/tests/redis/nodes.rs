//! Two nodes on one Redis: runs are followed and cancelled from either.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{Method, StatusCode},
};
use outflow::{
    Controller as _, action, controller,
    run::{RedisLog, RunId, Runs},
};
use tokio::{sync::Semaphore, time::sleep};

use crate::support::{
    Reply, ask,
    redis::server::Redis,
    runs::{OTHER_KEY, cancel, follow_after, head, start, state},
    soon, until,
};

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

/// Two nodes on one Redis.
async fn nodes(redis: &Redis) -> (Router, Router, Node) {
    let node = Node { started: Arc::default(), words: Arc::new(Semaphore::new(0)) };
    let app = async || node.clone().into_router().layer(Runs::new(redis.log().await).layer());
    (app().await, app().await, node.clone())
}

/// The numbers of the packets that a follower has received, and the name of its end.
fn seen(reply: &Reply) -> (Vec<u32>, &str) {
    let packets = reply.body.split("\n\n").filter(|event| !event.contains("event: ") && event.contains("\ndata: "));
    let id = |packet: &str| packet.lines().rev().find_map(|line| line.strip_prefix("id: ")?.parse().ok());
    let seen = packets.map(|packet| id(packet).unwrap()).collect();
    (seen, reply.body.split("event: ").nth(1).map_or("", |end| end.lines().next().unwrap()))
}

#[tokio::test]
async fn a_run_is_followed_from_another_node() {
    let redis = Redis::start();
    let (one, two, node) = nodes(&redis).await;
    let run = start(&one, "/node/count/300").await.run;
    let follow = |cursor: u32| {
        let (app, run) = (two.clone(), run.clone());
        tokio::spawn(async move { follow_after(&app, &run, &cursor.to_string()).await })
    };
    let early = follow(0);
    node.words.add_permits(20);
    until("packet 20", async || head(&two, &run).await.1 == 20).await;
    let late = follow(7);
    node.words.add_permits(280);
    for (follower, first) in [(early, 1), (late, 8)] {
        let reply = follower.await.unwrap();
        assert_eq!(seen(&reply), ((first..=300).collect(), "done"));
        assert!(reply.body.ends_with("event: done\nid: 301\ndata: 300\n\n"));
    }
    assert_eq!(follow_after(&two, &run, "301").await.status, StatusCode::NO_CONTENT);
    assert_eq!(ask(&two, Method::GET, &run, &[("run-key", OTHER_KEY)]).await.status, StatusCode::NOT_FOUND);
}

/// Otherwise the time of the answer would tell a stranger that there is a run.
#[tokio::test]
async fn a_stranger_causes_the_same_calls_with_and_without_a_run() {
    let redis = Redis::start();
    let (one, _, _) = nodes(&redis).await;
    let run = start(&one, "/node/count/3").await.run;
    let unknown = format!("{}/{}", run.rsplit_once('/').unwrap().0, RunId::random());
    let mut calls = Vec::new();
    // The first one makes the script known.
    for path in [&unknown, &run, &unknown] {
        redis.ask(&["CONFIG", "RESETSTAT"]);
        let reply = ask(&one, Method::GET, path, &[("run-key", OTHER_KEY)]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
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
    let run = start(&one, "/node/endless").await.run;
    assert_eq!(cancel(&two, &run).await.status, StatusCode::ACCEPTED);
    let reply = follow_after(&two, &run, "0").await;
    assert!(reply.body.contains("urn:outflow:run/cancelled"), "{}", reply.body);
    assert_eq!(state(&one, &run).await, "cancelled");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named() {
    let connecting = RedisLog::connect("redis://user:secret@127.0.0.1:1");
    let error = soon("the error", connecting).await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1") && !error.contains("secret"), "{error}");
    assert!(RedisLog::connect("nonsense").await.is_err());
}
