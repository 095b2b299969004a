//! The failures at their real length: with the lease of 15 seconds, the outage timeout of 30, and many of each at once.
//! They are ignored by default, and take about three minutes on two cores: `cargo xtask test --all`.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use outflow::run::{Claim, Keep, Meta, RunId, RunLog, RunState};
use tokio::time::sleep;

use crate::support::{
    redis::{
        follower::{End, Follower, Seen, agree, follow, head, start, start_with},
        node::Node,
        proxy::Proxy,
        server::Redis,
    },
    runs::{digest, meta},
    until,
};

/// A lease of 15 seconds, a tick of at most 2, and what a busy machine adds.
const LOST: Duration = Duration::from_secs(17 + 3);

async fn two_nodes(redis: &Redis) -> (Proxy, Node, Node) {
    let proxy = Proxy::to(redis.port).await;
    let (one, two) = (Node::start(&proxy.url(), &[]).await, Node::start(&redis.url(), &[]).await);
    (proxy, one, two)
}

fn is_lost_after(seen: &Seen, start: Instant) {
    assert_eq!(seen.end, End::Failed("lost".to_owned()));
    // The lease lasts 15 seconds.
    let took = start.elapsed();
    assert!(took > Duration::from_secs(13), "{took:?}");
}

/// Row 6.
#[tokio::test]
#[ignore = "takes 20 seconds: `cargo xtask test --all`"]
async fn a_killed_writer_is_missed_within_17_seconds() {
    let redis = Redis::start();
    let (_proxy, mut one, two) = two_nodes(&redis).await;
    let run = start(one.addr, "/node/count/100000/10").await;
    let mut followers = [follow(&[two.addr], &run, 0), follow(&[two.addr], &run, 50)];
    followers[0].reaches(100).await;
    one.kill().await;
    let killed = Instant::now();
    for follower in followers {
        let seen = follower.within(LOST).await;
        is_lost_after(&seen, killed);
        assert_eq!(head(two.addr, &run).await, ("lost".to_owned(), seen.last() + 1));
    }
}

/// Row 7. A client comes a minute later.
#[tokio::test]
#[ignore = "takes 75 seconds: `cargo xtask test --all`"]
async fn a_run_that_nobody_followed_is_closed_by_who_comes() {
    let redis = Redis::start();
    let (_proxy, mut one, two) = two_nodes(&redis).await;
    let run = start(one.addr, "/node/count/100000/10").await;
    until("packet 100", async || head(two.addr, &run).await.1 >= 100).await;
    one.kill().await;
    sleep(Duration::from_secs(60)).await;
    let seen = follow(&[two.addr], &run, 0).within(LOST).await;
    assert_eq!(seen.end, End::Failed("lost".to_owned()));
    assert_eq!(head(two.addr, &run).await, ("lost".to_owned(), seen.last() + 1));
}

/// Row 8.
#[tokio::test]
#[ignore = "takes 35 seconds: `cargo xtask test --all`"]
async fn a_writer_that_was_stopped_for_30_seconds_adds_nothing() {
    let redis = Redis::start();
    let (_proxy, one, two) = two_nodes(&redis).await;
    let run = start(one.addr, "/node/count/100000/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(100).await;
    one.signal("-STOP").await;
    let stopped = Instant::now();
    let seen = follower.within(LOST).await;
    is_lost_after(&seen, stopped);
    sleep(Duration::from_secs(30).saturating_sub(stopped.elapsed())).await;
    one.signal("-CONT").await;
    one.tells("dropped").await;
    let late = follow(&[one.addr], &run, 0).end().await;
    agree([&seen, &late]);
    late.has(1, seen.last());
    late.is_lost();
}

/// Row 23: for longer than a lease, and not longer than the outage timeout.
#[tokio::test]
#[ignore = "takes 30 seconds: `cargo xtask test --all`"]
async fn a_run_outlives_25_seconds_without_redis() {
    let redis = Redis::start();
    let (_proxy, one, two) = two_nodes(&redis).await;
    let run = start(one.addr, "/node/count/500/10").await;
    let mut followers = [follow(&[two.addr], &run, 0), follow(&[one.addr, two.addr], &run, 0)];
    followers[0].reaches(100).await;
    redis.ask(&["CLIENT", "PAUSE", "25000", "ALL"]);
    let [first, second] = followers.map(Follower::end);
    let (first, second) = tokio::join!(first, second);
    first.is_complete(1, 500);
    second.is_complete(1, 500);
    agree([&first, &second]);
    assert_eq!((one.count("started"), one.count("finished")), (1, 1));
}

/// Row 23: for longer than the outage timeout.
#[tokio::test]
#[ignore = "takes 70 seconds: `cargo xtask test --all`"]
async fn a_run_ends_after_30_seconds_without_redis() {
    let redis = Redis::start();
    let (_proxy, one, two) = two_nodes(&redis).await;
    let run = start(one.addr, "/node/count/100000/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(100).await;
    redis.ask(&["CLIENT", "PAUSE", "60000", "ALL"]);
    let took = one.tells("dropped").await;
    assert!((Duration::from_secs(28)..Duration::from_secs(45)).contains(&took), "{took:?}");
    let seen = follower.within(Duration::from_secs(60) + LOST).await;
    assert_eq!(seen.end, End::Failed("lost".to_owned()));
    assert_eq!(head(two.addr, &run).await, ("lost".to_owned(), seen.last() + 1));
}

/// Row 24.
#[tokio::test]
#[ignore = "takes 25 seconds: `cargo xtask test --all`"]
async fn a_writer_that_is_cut_off_for_long_adds_nothing() {
    let redis = Redis::start();
    let (proxy, one, two) = two_nodes(&redis).await;
    let run = start(one.addr, "/node/count/100000/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(100).await;
    proxy.stall();
    let cut = Instant::now();
    let seen = follower.within(LOST).await;
    is_lost_after(&seen, cut);
    proxy.heal();
    one.tells("dropped").await;
    assert_eq!(head(two.addr, &run).await, ("lost".to_owned(), seen.last() + 1));
}

/// Many runs, and everything short of a death: connections break, hang, and lose hints. All are complete.
#[tokio::test]
#[ignore = "takes 40 seconds: `cargo xtask test --all`"]
async fn many_runs_go_through_many_faults() {
    let redis = Redis::start();
    let (ours, theirs) = (Proxy::to(redis.port).await, Proxy::to(redis.port).await);
    let (one, two) = (Node::start(&ours.url(), &[]).await, Node::start(&theirs.url(), &[]).await);
    let mut runs = Vec::new();
    for i in 0..20 {
        let key = format!("{i:022}");
        let run = start_with(one.addr, "/node/count/1500/15", &key).await;
        let nodes = [[two.addr, one.addr], [one.addr, two.addr]];
        runs.push(nodes.map(|nodes| Follower::of(&nodes, &run, &key, 0)));
    }
    let faults = async {
        let mut number = 0;
        loop {
            number += 1;
            let proxy = if number % 2 == 0 { &ours } else { &theirs };
            proxy.drop_hints(number % 4);
            match number % 3 {
                0 => proxy.cut(),
                1 => {
                    proxy.stall();
                    // The last of these is longer than a call may take.
                    sleep(Duration::from_millis([50, 300, 1000, 4000][number / 3 % 4])).await;
                    proxy.heal();
                }
                _ => drop(redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"])),
            }
            sleep(Duration::from_millis(300)).await;
        }
    };
    let ends = runs.into_iter().map(|two| async {
        let [first, second] = two.map(|follower| follower.within(Duration::from_secs(200)));
        let (first, second) = tokio::join!(first, second);
        first.is_complete(1, 1500);
        second.is_complete(1, 1500);
        agree([&first, &second]);
    });
    tokio::select! {
        _ = join_all(ends) => {}
        () = faults => unreachable!("they go on for ever"),
    }
    assert_eq!((one.count("started"), one.count("finished"), two.count("started")), (20, 20, 0));
}

/// Row 32.
#[tokio::test]
#[ignore = "takes 20 seconds: `cargo xtask test --all`"]
async fn nothing_is_left_of_many_runs_but_their_claims_for_a_while() {
    const RUNS: usize = 20_000;
    let redis = Redis::start();
    let log = redis.log().await;
    let short = Duration::from_millis(500);
    let keep = Keep { packets: short, tombstone: short, ..Keep::DEFAULT };
    let one = async |number: usize| {
        let (key, run) = (digest(&number.to_string()), RunId::random());
        let claim = Claim { run: run.clone(), fingerprint: key };
        log.claim(key, claim).await.unwrap();
        let writer = log.open(&run, Meta { claim: Some(key), keep, ..meta() }).await.unwrap();
        log.append(&writer, 1, [Bytes::from_static(b"j1")].into()).await.unwrap();
        log.close(&writer, 2, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    };
    for first in (0..RUNS).step_by(100) {
        join_all((first..first + 100).map(one)).await;
    }
    let start = Instant::now();
    while redis.ask(&["DBSIZE"]) != RUNS.to_string() {
        assert!(start.elapsed() < Duration::from_secs(60), "{} keys", redis.ask(&["DBSIZE"]));
        sleep(Duration::from_millis(100)).await;
    }
    let longest = "local longest = 0
        for _, key in ipairs(redis.call('KEYS', '*')) do
            local left = redis.call('PTTL', key)
            if left < 0 or string.find(key, 'outflow:claim:', 1, true) ~= 1 then return key end
            longest = math.max(longest, left)
        end
        return longest";
    // A claim is kept for two minutes longer than its run.
    let left: u64 = redis.ask(&["EVAL", longest, "0"]).parse().unwrap();
    assert!(left < 121_000, "{left} ms");
}
