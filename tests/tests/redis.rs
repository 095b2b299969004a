//! Runs in Redis: two nodes, one log, and what breaks between them. Needs `redis-server`.

mod contract;
pub mod server;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use bytes::Bytes;
use futures_util::future::join_all;
use outflow::{
    Controller as _, action, controller,
    run::{AppendError, Hash, Keep, Meta, RedisLog, RunId, RunLog, RunState, Runs},
};
use tokio::{sync::Semaphore, time::sleep};

use self::server::Redis;
use crate::support::{Reply, ask, frame, open};

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

#[tokio::test]
async fn one_key_is_one_run_on_all_nodes() {
    let redis = Redis::start();
    let (one, two, node) = nodes(&redis).await;
    node.words.add_permits(3);
    let posts = (0..50).map(|i| {
        let app = if i % 2 == 0 { one.clone() } else { two.clone() };
        async move { ask(&app, Method::POST, "/node/count/3", &[("idempotency-key", KEY)]).await }
    });
    let replies = join_all(posts).await;
    assert!(replies.iter().all(|reply| numbers(reply) == (vec![1, 2, 3], "done")));
    let locations: HashSet<_> = replies.iter().map(|reply| reply.header("location")).collect();
    assert_eq!((locations.len(), node.started.load(Ordering::SeqCst)), (1, 1));
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

/// The writer's node has died: nobody renews the lease.
#[tokio::test]
async fn a_run_without_a_writer_is_lost_once() {
    let redis = Redis::start();
    let log = redis.log().await.lease(Duration::from_millis(300));
    let (run, meta) = (RunId::random(), meta());
    let writer = log.open(&run, meta).await.unwrap();
    log.append(&writer, 1, &[Bytes::from_static(b"j1")]).await.unwrap();
    assert!(!log.reap(&run, Bytes::from_static(b"f{}")).await.unwrap());
    let start = Instant::now();
    loop {
        let end = Bytes::from_static(b"f{}");
        let reaps = join_all((0..4).map(|_| log.reap(&run, end.clone()))).await;
        let reaped = reaps.into_iter().filter(|reaped| *reaped.as_ref().unwrap()).count();
        if reaped > 0 {
            assert_eq!(reaped, 1);
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "never lost");
        sleep(Duration::from_millis(20)).await;
    }
    // It comes back from the dead.
    let late = log.append(&writer, 2, &[Bytes::from_static(b"j2")]).await;
    assert!(matches!(late, Err(AppendError::Closed)), "{late:?}");
    let page = log.read(&run, 0, 1 << 20).await.unwrap();
    assert_eq!((page.state, page.tail, page.records.len()), (RunState::Lost, 2, 2));
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_is_known_again() {
    let redis = Redis::start();
    let log = redis.log().await;
    let run = RunId::random();
    let writer = log.open(&run, meta()).await.unwrap();
    let records = [Bytes::from_static(b"j1"), Bytes::from_static(b"j2")];
    log.append(&writer, 1, &records).await.unwrap();
    let again = log.append(&writer, 1, &records).await;
    assert!(matches!(again, Err(AppendError::Gap { next: 3 })), "{again:?}");
    let hole = log.append(&writer, 9, &records).await;
    assert!(matches!(hole, Err(AppendError::Gap { next: 3 })), "{hole:?}");
    for _ in 0..2 {
        log.close(&writer, 3, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    }
    assert_eq!(log.read(&run, 0, 1 << 20).await.unwrap().records.len(), 3);
}

#[tokio::test]
async fn a_window_moves_and_packets_expire_before_the_end() {
    let redis = Redis::start();
    let log = redis.log().await;
    let run = RunId::random();
    let keep = Keep { count: 100, is_window: true, packets: Duration::from_millis(400), ..Keep::DEFAULT };
    let writer = log.open(&run, Meta { keep, ..meta() }).await.unwrap();
    for first in (1..=500).step_by(10) {
        let records: Vec<_> = (first..first + 10).map(|i| Bytes::from(format!("j{i}"))).collect();
        log.append(&writer, first, &records).await.unwrap();
    }
    assert_eq!(log.meta(&run).await.unwrap().unwrap().first, 401);
    assert_eq!(log.read(&run, 400, 1).await.unwrap().records, [Bytes::from_static(b"j401")]);
    log.close(&writer, 501, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    let start = Instant::now();
    while log.meta(&run).await.unwrap().unwrap().first != 501 {
        assert!(start.elapsed() < Duration::from_secs(20), "the packets are kept");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(log.read(&run, 500, 1).await.unwrap().records, [Bytes::from_static(b"d")]);
}

/// `FLUSHALL` in the middle: nobody is told that it ended well, and nobody waits for ever.
#[tokio::test]
async fn a_log_that_has_lost_everything_says_so() {
    let redis = Redis::start();
    let (one, two, _) = nodes(&redis).await;
    let run = start(&one, "/node/endless").await;
    let request = Request::get(&run).header("run-key", KEY).body(Body::empty()).unwrap();
    let mut body = open(&two, request).await.into_body();
    assert!(frame(&mut body).await.is_some());
    redis.ask(&["FLUSHALL"]);
    let mut last = String::new();
    while let Some(frame) = frame(&mut body).await {
        last = frame;
    }
    assert!(last.contains("event: error") && last.contains("urn:outflow:run/lost"), "{last}");
    assert_eq!(ask(&two, Method::GET, &run, &[("run-key", KEY)]).await.status, StatusCode::NOT_FOUND);
}

/// Redis does not answer for longer than a call may take.
#[tokio::test]
async fn a_pause_is_waited_for() {
    let redis = Redis::start();
    let (one, two, node) = nodes(&redis).await;
    let run = start(&one, "/node/count/50").await;
    node.words.add_permits(10);
    redis.ask(&["CLIENT", "PAUSE", "1500", "ALL"]);
    node.words.add_permits(40);
    let start = Instant::now();
    let reply = loop {
        let reply = ask(&two, Method::GET, &run, &[("run-key", KEY)]).await;
        if reply.status == StatusCode::OK {
            break reply;
        }
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(start.elapsed() < Duration::from_secs(20), "{}", reply.body);
    };
    assert_eq!(numbers(&reply), ((1..=50).collect(), "done"));
    assert_eq!(node.started.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named() {
    let error = RedisLog::connect("redis://user:secret@127.0.0.1:1").await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1") && !error.contains("secret"), "{error}");
    assert!(RedisLog::connect("nonsense").await.is_err());
}

fn meta() -> Meta {
    Meta { action: "/a".to_owned(), key: Some(Hash::of([&b"key"[..]])), owner: None, claim: None, keep: Keep::DEFAULT }
}
