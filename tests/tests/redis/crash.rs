//! A node dies, stops or is told to stop, while others follow its runs.

use std::time::Instant;

use crate::support::{
    redis::{
        LEASE, LOST,
        follower::{End, Seen, agree, ask, follow, head, start},
        node::Node,
        proxy::{Proxy, Then},
        server::Redis,
    },
    runs::{KEY, location},
    soon, until,
};
use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use http_body_util::BodyExt as _;

/// Checks that they have all that was acknowledged, and then the end.
async fn have_all_and_are_lost(seen: &[Seen], node: &Node, run: &str) {
    agree(seen);
    let (state, tail) = head(node.addr, run).await;
    assert_eq!(state, "lost");
    for seen in seen {
        assert_eq!((&seen.end, seen.last()), (&End::Failed("lost".to_owned()), tail - 1), "{:?}", seen.answers);
    }
}

/// Row 6.
#[tokio::test]
async fn a_killed_writer_is_missed_by_all_who_follow() {
    let redis = Redis::start();
    let (mut one, two) = (Node::start(&redis.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await);
    let run = start(one.addr, "/node/count/300/10").await;
    let mut followers =
        vec![follow(&[two.addr], &run, 0), follow(&[two.addr], &run, 7), follow(&[one.addr, two.addr], &run, 0)];
    for follower in &mut followers {
        follower.reaches(50).await;
    }
    one.kill().await;
    let seen = join_all(followers.into_iter().map(|follower| follower.within(LOST))).await;
    have_all_and_are_lost(&seen, &two, &run).await;
    seen[0].has(1, seen[0].last());
    seen[1].has(8, seen[1].last());
    seen[2].has(1, seen[2].last());
}

/// Row 7. The first request closes the run, whatever it asks, and the key starts no other.
#[tokio::test]
async fn a_run_that_nobody_followed_is_lost_for_who_comes_later() {
    let redis = Redis::start();
    let (mut one, two) = (Node::start(&redis.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await);
    let run = start(one.addr, "/node/count/300/10").await;
    until("packet 20", async || head(two.addr, &run).await.1 >= 20).await;
    one.kill().await;
    let start = Instant::now();
    until("the end of the run", async || head(two.addr, &run).await.0 != "open").await;
    assert!(start.elapsed() < LOST, "it was lost after {:?}", start.elapsed());
    let seen = [follow(&[two.addr], &run, 0).end().await];
    have_all_and_are_lost(&seen, &two, &run).await;
    let again = ask(two.addr, Method::POST, "/node/count/300/10", &[("idempotency-key", KEY)]).await.unwrap();
    assert_eq!(location("/node/count/300/10", again.headers()), run);
    let body = soon("the end", again.into_body().collect()).await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("urn:outflow:run/lost"));
    assert_eq!(two.count("started"), 0);
}

/// Row 7, past the retention.
#[tokio::test]
async fn an_orphan_vanishes_and_its_key_starts_no_other() {
    let redis = Redis::start();
    let lease = [("LEASE", "500")];
    let (mut one, two) = (Node::start(&redis.url(), &lease).await, Node::start(&redis.url(), &lease).await);
    let run = start(one.addr, "/node/brief").await;
    one.kill().await;
    let id = run.rsplit('/').next().unwrap();
    until("the end of the orphan", async || redis.ask(&["EXISTS", &format!("outflow:{{{id}}}:m")]) == "0").await;
    let gone = follow(&[two.addr], &run, 0).end().await;
    assert_eq!(gone.end, End::Refused(404, "about:blank".to_owned()));
    let again = ask(two.addr, Method::POST, "/node/brief", &[("idempotency-key", KEY)]).await.unwrap();
    assert_eq!((again.status(), two.count("started")), (StatusCode::GONE, 0));
}

/// Row 8.
#[tokio::test]
async fn a_writer_that_comes_back_from_the_dead_adds_nothing() {
    let redis = Redis::start();
    let (one, two) = (Node::start(&redis.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await);
    let run = start(one.addr, "/node/count/1000/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(30).await;
    one.signal("-STOP").await;
    let seen = follower.within(LOST).await;
    one.signal("-CONT").await;
    one.tells("dropped").await;
    let late = follow(&[one.addr], &run, 0).end().await;
    have_all_and_are_lost(&[seen, late], &two, &run).await;
    assert_eq!((one.count("started"), one.count("finished")), (1, 0));
}

/// Row 10.
#[tokio::test]
async fn one_key_on_two_nodes_is_one_run() {
    let redis = Redis::start();
    let nodes = [Node::start(&redis.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await];
    let posts = (0..50).map(|i| ask(nodes[i % 2].addr, Method::POST, "/node/count/20/5", &[("idempotency-key", KEY)]));
    let bodies = join_all(posts).await.into_iter().map(|reply| async {
        let reply = reply.unwrap();
        let location = reply.headers()["location"].clone();
        (location, soon("the end", reply.into_body().collect()).await.unwrap().to_bytes())
    });
    let replies = join_all(bodies).await;
    assert!(replies.iter().all(|reply| *reply == replies[0]));
    assert!(String::from_utf8_lossy(&replies[0].1).ends_with("event: done\nid: 21\ndata: 20\n\n"));
    assert_eq!(nodes.iter().map(|node| node.count("started")).sum::<usize>(), 1);
}

/// Row 10: the node dies between the claim and the run.
#[tokio::test]
async fn a_claim_whose_node_died_is_opened_by_another() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let (mut one, two) = (Node::start(&proxy.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await);
    let opening = proxy.trap(r#"{"action":"/node/count"#, Then::Hold);
    let addr = one.addr;
    let post = tokio::spawn(async move {
        ask(addr, Method::POST, "/node/count/20/5", &[("idempotency-key", KEY)]).await.is_some()
    });
    soon("the call", opening.notified()).await;
    one.kill().await;
    assert!(!post.await.unwrap());
    let run = start(two.addr, "/node/count/20/5").await;
    follow(&[two.addr], &run, 0).end().await.is_complete(1, 20);
    assert_eq!(start(two.addr, "/node/count/20/5").await, run);
    assert_eq!((one.count("started"), two.count("started")), (0, 1));
}

/// Row 28, where the follower is.
#[tokio::test]
async fn followers_of_a_node_that_stops_go_on_elsewhere() {
    let redis = Redis::start();
    let (one, mut two) =
        (Node::start(&redis.url(), &[]).await, Node::start(&redis.url(), &[("GRACE", "3600000")]).await);
    let run = start(one.addr, "/node/count/100/10").await;
    let mut follower = follow(&[two.addr, one.addr], &run, 0);
    follower.reaches(20).await;
    two.signal("-TERM").await;
    two.exits_well().await;
    let seen = follower.end().await;
    seen.is_complete(1, 100);
    assert_eq!(seen.answers, [200, 200]);
}

/// Row 28, where the writer is.
#[tokio::test]
async fn a_run_may_finish_within_the_grace_of_its_node() {
    let redis = Redis::start();
    let (mut one, two) =
        (Node::start(&redis.url(), &[("GRACE", "3600000")]).await, Node::start(&redis.url(), &[]).await);
    let run = start(one.addr, "/node/count/100/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(20).await;
    one.signal("-TERM").await;
    follower.end().await.is_complete(1, 100);
    one.tells("finished").await;
    one.exits_well().await;
}

/// Row 28: after the grace period a run is lost at once, and not when its lease is out, which would take 15 seconds.
#[tokio::test]
async fn a_run_is_lost_at_once_after_the_grace_of_its_node() {
    let redis = Redis::start();
    let (mut one, two) = (Node::start(&redis.url(), &[("GRACE", "100")]).await, Node::start(&redis.url(), &[]).await);
    let run = start(one.addr, "/node/count/100000/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(20).await;
    one.signal("-TERM").await;
    let seen = follower.within(LOST).await;
    one.exits_well().await;
    have_all_and_are_lost(&[seen], &two, &run).await;
}
