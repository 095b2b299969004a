//! The one subscription of a process: what it costs Redis, and how it is made again.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use outflow::run::{RedisLog, RunId, RunLog};
use tokio::time::timeout;

use crate::support::{
    redis::{proxy::Proxy, server::Redis},
    runs::meta,
    soon, until,
};

const MANY: usize = 5000;

/// The number of runs that a process listens to.
fn channels(redis: &Redis) -> usize {
    redis.ask(&["PUBSUB", "CHANNELS"]).lines().filter(|line| !line.is_empty()).count()
}

async fn until_channels(redis: &Redis, count: usize) -> Duration {
    let start = Instant::now();
    until(format_args!("{count} channels"), async || channels(redis) == count).await;
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

/// Hints that nobody takes are kept as one, not in a queue.
#[tokio::test]
async fn hints_are_not_queued() {
    let redis = Redis::start();
    let log = redis.log().await;
    let writer = log.open(&RunId::random(), meta()).await.unwrap();
    let (mut slow, mut fast) = (log.changes(&writer.run), log.changes(&writer.run));
    for first in 1..=100 {
        log.append(&writer, first, [Bytes::from_static(b"j1")].into()).await.unwrap();
        soon("a hint", fast.next()).await.unwrap();
    }
    let mut hints = 0;
    while timeout(Duration::from_millis(200), slow.next()).await.is_ok() {
        hints += 1;
    }
    // One that was still on its way may come after the first was taken.
    assert!(hints <= 2, "{hints} hints");
}

/// The subscription waits longer and longer for a server that is away, and starts with short waits again once it was
/// there.
#[tokio::test]
async fn a_subscription_that_was_back_is_soon_back_again() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let log = RedisLog::connect(&proxy.url()).await.unwrap();
    let _changes = log.changes(&RunId::random());
    until_channels(&redis, 1).await;
    proxy.lead_to(1);
    proxy.cut();
    until_channels(&redis, 0).await;
    // After six attempts the next wait is one of seconds.
    let before = proxy.connections();
    until("six attempts", async || proxy.connections() >= before + 6).await;
    proxy.lead_to(redis.port);
    until_channels(&redis, 1).await;
    // On a busy machine some are slower for other reasons.
    let mut quick = 0;
    until("three quick reconnections", async || {
        redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        quick += u32::from(until_channels(&redis, 1).await < Duration::from_millis(700));
        quick == 3
    })
    .await;
}
