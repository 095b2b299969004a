//! Runs in Redis: two nodes, one log, and what breaks between them. Needs `redis-server`.

mod at_length;
mod calls;
mod crash;
mod failover;
mod outage;
mod subscription;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use outflow::{
    Controller as _, action, controller,
    run::{Digest, Keep, Meta, RedisLog, RunId, Runs},
};
use tokio::{sync::Semaphore, time::sleep};

use crate::support::{Reply, ask, open, redis::server::Redis};

const KEY: &str = "0123456789abcdef012345";

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

/// What a follower has seen: the numbers of its packets, and how it ended.
fn numbers(reply: &Reply) -> (Vec<u32>, &str) {
    let events = reply.body.split("\n\n").filter(|event| event.starts_with("id: ") && event.contains("\ndata: "));
    let seen = events.map(|event| event["id: ".len()..].lines().next().unwrap().parse().unwrap()).collect();
    (seen, reply.body.split("event: ").nth(1).map_or("", |end| end.lines().next().unwrap()))
}

/// A run that goes on, and where it is.
async fn start(app: &Router, path: &str) -> String {
    let request = Request::post(path).header("idempotency-key", KEY).body(Body::empty()).unwrap();
    let response = open(app, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    let (folder, _) = path.rsplit_once('/').unwrap();
    response.headers()["location"].to_str().unwrap().replacen('.', folder, 1)
}

#[tokio::test]
async fn a_run_is_followed_from_another_node() {
    let redis = Redis::start();
    let (one, two, node) = nodes(&redis).await;
    let run = start(&one, "/node/count/300").await;
    let follow = |cursor: u32| {
        let (app, run) = (two.clone(), run.clone());
        tokio::spawn(async move {
            let cursor = cursor.to_string();
            ask(&app, Method::GET, &run, &[("run-key", KEY), ("last-event-id", &cursor)]).await
        })
    };
    let early = follow(0);
    node.words.add_permits(20);
    while ask(&two, Method::HEAD, &run, &[("run-key", KEY)]).await.header("run-tail") != "20" {
        sleep(Duration::from_millis(5)).await;
    }
    let late = follow(7);
    node.words.add_permits(280);
    for (follower, first) in [(early, 1), (late, 8)] {
        let reply = follower.await.unwrap();
        assert_eq!(numbers(&reply), ((first..=300).collect(), "done"));
        assert!(reply.body.ends_with("event: done\nid: 301\ndata: 300\n\n"));
    }
    let complete = ask(&two, Method::GET, &run, &[("run-key", KEY), ("last-event-id", "301")]).await;
    assert_eq!(complete.status, StatusCode::NO_CONTENT);
    assert_eq!(
        ask(&two, Method::GET, &run, &[("run-key", "another-key-of-its-own")]).await.status,
        StatusCode::NOT_FOUND
    );
}

/// Otherwise the time that the answer takes would tell a stranger of a run.
#[tokio::test]
async fn a_stranger_causes_the_same_calls_with_and_without_a_run() {
    let redis = Redis::start();
    let (one, _, _) = nodes(&redis).await;
    let run = start(&one, "/node/count/3").await;
    let unknown = format!("{}/{}", run.rsplit_once('/').unwrap().0, RunId::random());
    let mut calls = Vec::new();
    // The first one makes the script known.
    for path in [&unknown, &run, &unknown] {
        redis.ask(&["CONFIG", "RESETSTAT"]);
        let reply = ask(&one, Method::GET, path, &[("run-key", "another-key-of-its-own")]).await;
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
    let run = start(&one, "/node/endless").await;
    assert_eq!(ask(&two, Method::DELETE, &run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
    let reply = ask(&two, Method::GET, &run, &[("run-key", KEY)]).await;
    assert!(reply.body.contains("urn:outflow:run/cancelled"), "{}", reply.body);
    assert_eq!(ask(&one, Method::HEAD, &run, &[("run-key", KEY)]).await.header("run-state"), "cancelled");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named() {
    let error = RedisLog::connect("redis://user:secret@127.0.0.1:1").await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1") && !error.contains("secret"), "{error}");
    assert!(RedisLog::connect("nonsense").await.is_err());
}

pub fn meta() -> Meta {
    Meta {
        action: "/a".to_owned(),
        key: Some(Digest::of([&b"key"[..]])),
        owner: None,
        claim: None,
        keep: Keep::DEFAULT,
    }
}
