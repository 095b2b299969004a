//! The one subscription of a process: what it asks of Redis, and that it is made again.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use outflow::run::{RedisLog, RunId, RunLog};
use tokio::time::{sleep, timeout};

use super::meta;
use crate::support::redis::{proxy::Proxy, server::Redis};

const MANY: usize = 5000;

/// How many runs are listened to.
fn channels(redis: &Redis) -> usize {
    redis.ask(&["PUBSUB", "CHANNELS"]).lines().filter(|line| !line.is_empty()).count()
}

async fn until_channels(redis: &Redis, count: usize) -> Duration {
    let start = Instant::now();
    while channels(redis) != count {
        assert!(start.elapsed() < Duration::from_secs(30), "{} channels, not {count}", channels(redis));
        sleep(Duration::from_millis(10)).await;
    }
    start.elapsed()
}

/// How often a command was called.
fn calls(redis: &Redis, command: &str) -> usize {
    let stats = redis.ask(&["INFO", "commandstats"]);
    let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn many_runs_are_taken_up_and_left_in_a_few_commands() {
    let redis = Redis::start();
    let log = redis.log().await;
    let runs: Vec<_> = (0..MANY).map(|_| RunId::random()).collect();
    let followers: Vec<_> = runs.iter().chain(&runs).map(|run| log.changes(run)).collect();
    until_channels(&redis, MANY).await;
    assert!(calls(&redis, "subscribe") <= 10, "{} calls", calls(&redis, "subscribe"));
    drop(followers);
    until_channels(&redis, 0).await;
    assert!(calls(&redis, "unsubscribe") <= 10, "{} calls", calls(&redis, "unsubscribe"));
}

/// What nobody takes is one hint and no queue.
#[tokio::test]
async fn hints_are_not_queued() {
    let redis = Redis::start();
    let log = redis.log().await;
    let writer = log.open(&RunId::random(), meta()).await.unwrap();
    let (mut slow, mut fast) = (log.changes(&writer.run), log.changes(&writer.run));
    for first in 1..=100 {
        log.append(&writer, first, [Bytes::from_static(b"j1")].into()).await.unwrap();
        timeout(Duration::from_secs(20), fast.next()).await.unwrap().unwrap();
    }
    let mut hints = 0;
    while timeout(Duration::from_millis(200), slow.next()).await.is_ok() {
        hints += 1;
    }
    // One that was still on its way may come after the first was taken.
    assert!(hints <= 2, "{hints} hints");
}

/// It waits longer and longer for a server that is away, and begins anew once it was there.
#[tokio::test]
async fn a_subscription_that_was_back_is_soon_back_again() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let log = RedisLog::connect(&proxy.url()).await.unwrap();
    let _wakes = log.changes(&RunId::random());
    until_channels(&redis, 1).await;
    proxy.lead_to(1);
    proxy.cut();
    until_channels(&redis, 0).await;
    // Long enough for six attempts: the next wait is one of seconds.
    sleep(Duration::from_secs(4)).await;
    proxy.lead_to(redis.port);
    until_channels(&redis, 1).await;
    for _ in 0..3 {
        redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        let took = until_channels(&redis, 1).await;
        assert!(took < Duration::from_millis(700), "{took:?}");
    }
}
