//! Single calls of the log: calls that fail, and calls to another kind of server.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use outflow::run::{AppendError, Claim, Keep, Meta, OpenError, ReadError, RedisLog, RunId, RunLog, RunState};

use crate::support::{
    redis::{
        proxy::{Proxy, Then},
        server::Redis,
    },
    runs::{digest, meta},
    soon, until,
};

/// Otherwise the key would start a second run a minute later.
#[tokio::test]
async fn a_run_that_ends_at_once_tells_its_claim_so() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let log = RedisLog::connect(&proxy.url()).await.unwrap();
    let (key, run) = (digest("key"), RunId::random());
    let claim = Claim { run: run.clone(), fingerprint: digest("print") };
    log.claim(key, claim.clone()).await.unwrap();
    // The claim does not learn that its run is open.
    let telling = proxy.trap("outflow:claim:", Then::Hold);
    let writer = log.open(&run, Meta { claim: Some(key), ..meta() }).await.unwrap();
    soon("the call", telling.notified()).await;
    assert!(!log.claim(key, claim.clone()).await.unwrap().opened);
    log.close(&writer, 1, RunState::Failed, Bytes::from_static(b"f{}")).await.unwrap();
    assert!(log.claim(key, claim).await.unwrap().opened);
    let left: u64 = redis.ask(&["PTTL", &format!("outflow:claim:{}", key.to_text())]).parse().unwrap();
    assert!(left > Duration::from_secs(24 * 60 * 60).as_millis().try_into().unwrap(), "{left} ms");
}

/// A run may be open for longer than its claim was first kept.
#[tokio::test]
async fn the_claim_of_an_open_run_is_kept_for_as_long_as_the_run() {
    let redis = Redis::start();
    let log = redis.log().await;
    let (key, run) = (digest("key"), RunId::random());
    let claim = Claim { run: run.clone(), fingerprint: digest("print") };
    log.claim(key, claim.clone()).await.unwrap();
    let short = Duration::from_secs(1);
    let keep = Keep { packets: short, tombstone: short, ..Keep::DEFAULT };
    let writer = log.open(&run, Meta { claim: Some(key), keep, ..meta() }).await.unwrap();
    let (claim, run) = (format!("outflow:claim:{}", key.to_text()), format!("outflow:{{{run}}}:m"));
    let left = |key: &str| redis.ask(&["PTTL", key]).parse::<i64>().unwrap();
    for _ in 0..2 {
        log.renew(&writer).await.unwrap();
        assert!(left(&claim) > left(&run) + 60_000, "{} {}", left(&claim), left(&run));
        // As after a minute, when the next one is due.
        redis.ask(&["HSET", &run, "claimed", "0"]);
        redis.ask(&["PEXPIRE", &claim, "1000"]);
    }
}

/// A stream that lacks packets, at its end or in the middle, gives a reader nothing behind them.
#[tokio::test]
async fn a_hole_is_told_and_not_waited_for() {
    let redis = Redis::start();
    let log = redis.log().await;
    let run = RunId::random();
    let writer = log.open(&run, meta()).await.unwrap();
    let records = (1..=9).map(|i| format!("j{i}")).collect();
    log.append(&writer, 1, records).await.unwrap();
    redis.ask(&["XDEL", &format!("outflow:{{{run}}}:l"), "0-4", "0-5", "0-9"]);
    let read = async |after| log.read(&run, after, usize::MAX).await.map(|page| page.records.len());
    for (after, records) in [(0, 3), (2, 1), (5, 3), (7, 1)] {
        assert_eq!(read(after).await.unwrap(), records, "after {after}");
    }
    for (after, next) in [(3, 6), (4, 6), (8, 10)] {
        let gone = read(after).await;
        assert!(matches!(gone, Err(ReadError::Gone { first }) if first == next), "after {after}: {gone:?}");
    }
    redis.ask(&["DEL", &format!("outflow:{{{run}}}:l")]);
    for after in [0, 3, 8] {
        assert!(matches!(read(after).await, Err(ReadError::Gone { first: 10 })), "after {after}");
    }
}

/// A disk that syncs may need longer than the half second that the crate gives by itself.
#[tokio::test]
async fn a_slow_answer_is_waited_for_and_a_silent_connection_left() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let log = RedisLog::connect(&proxy.url()).await.unwrap();
    let writer = log.open(&RunId::random(), meta()).await.unwrap();
    redis.ask(&["CLIENT", "PAUSE", "1200", "ALL"]);
    log.append(&writer, 1, [Bytes::from_static(b"j1")].into()).await.unwrap();
    let held = proxy.trap("j-held", Then::Hold);
    let silent = log.append(&writer, 2, [Bytes::from_static(b"j-held")].into()).await;
    assert!(matches!(silent, Err(AppendError::Unavailable(_))), "{silent:?}");
    soon("the call", held.notified()).await;
    log.append(&writer, 2, [Bytes::from_static(b"j2")].into()).await.unwrap();
}

/// Otherwise an owner whose node has died would be locked out until its orphans are forgotten.
#[tokio::test]
async fn a_run_without_a_writer_counts_for_no_owner() {
    let redis = Redis::start();
    let log = redis.log().await.lease(Duration::from_millis(500));
    let keep = Keep { runs: 1, ..Keep::DEFAULT };
    let owned = Meta { owner: Some(digest("owner")), keep, ..meta() };
    log.open(&RunId::random(), owned.clone()).await.unwrap();
    let start = Instant::now();
    let counts = async || match log.open(&RunId::random(), owned.clone()).await {
        Ok(_) => false,
        Err(OpenError::TooMany) => true,
        Err(error) => panic!("{error:?}"),
    };
    until("a run of the same owner", async || !counts().await).await;
    assert!(start.elapsed() > Duration::from_millis(400), "it did not count");
}

/// An administrator may have to allow each of them.
#[tokio::test]
async fn the_commands_are_those_that_the_documentation_names() {
    let redis = Redis::start();
    let log = redis.log().await;
    redis.ask(&["CONFIG", "RESETSTAT"]);
    let (key, run) = (digest("key"), RunId::random());
    log.claim(key, Claim { run: run.clone(), fingerprint: digest("print") }).await.unwrap();
    let keep = Keep { count: 2, is_window: true, runs: 1, ..Keep::DEFAULT };
    let owned = Meta { owner: Some(digest("owner")), keep, ..meta() };
    let ended = log.open(&RunId::random(), owned.clone()).await.unwrap();
    log.close(&ended, 1, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    let mut changes = log.changes(&run);
    let writer = log.open(&run, Meta { claim: Some(key), ..owned }).await.unwrap();
    let unused = Claim { run: RunId::random(), fingerprint: digest("print") };
    log.claim(digest("unused"), unused.clone()).await.unwrap();
    log.unclaim(digest("unused"), &unused.run).await.unwrap();
    log.follow(&run).await.unwrap();
    assert!(log.is_followed(&run).await.unwrap());
    for first in 1..=3 {
        log.append(&writer, first, [Bytes::from_static(b"j1")].into()).await.unwrap();
    }
    soon("a hint", changes.next()).await.unwrap();
    log.renew(&writer).await.unwrap();
    log.cancel(&run).await.unwrap();
    log.reap(&run, Bytes::from_static(b"f{}")).await.unwrap();
    log.close(&writer, 4, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    log.meta(&run).await.unwrap();
    log.read(&run, 2, usize::MAX).await.unwrap();
    let documented = include_str!("../../../runtime/src/docs/redis.md");
    let stats = redis.ask(&["INFO", "commandstats"]);
    let used = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split([':', '|']).next());
    for key in redis.ask(&["KEYS", "*"]).lines() {
        let name = key.replace(&digest("key").to_text(), "…").replace(&digest("owner").to_text(), "…");
        let name = [run.as_str(), ended.run.as_str()].iter().fold(name, |name, run| name.replace(run, "run"));
        assert!(documented.contains(&format!("`{name}`")), "{name} is not documented");
    }
    // The test itself uses these three.
    for command in used.filter(|command| !["config", "info", "keys"].contains(command)) {
        assert!(documented.contains(&format!("`{}`", command.to_uppercase())), "{command} is not documented");
    }
}

/// In a cluster a script may touch one slot only. This one has a single node, which holds all slots and still checks.
#[tokio::test]
async fn each_call_keeps_to_one_slot_of_a_cluster() {
    let redis = Redis::start_with(&["--cluster-enabled", "yes"]);
    redis.ask(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    until("the cluster", async || redis.ask(&["CLUSTER", "INFO"]).contains("cluster_state:ok")).await;
    let two = redis.ask(&["EVAL", "return redis.call('EXISTS', KEYS[1], KEYS[2])", "2", "one", "another"]);
    assert!(two.contains("CROSSSLOT"), "{two}");
    let log = redis.log().await.lease(Duration::from_millis(100));
    let (key, run) = (digest("key"), RunId::random());
    let claimed = log.claim(key, Claim { run: run.clone(), fingerprint: digest("print") }).await.unwrap();
    assert_eq!(claimed.run, run);
    let mut changes = log.changes(&run);
    let (claim, owner) = (Some(key), Some(digest("owner")));
    let writer = log.open(&run, Meta { claim, owner, ..meta() }).await.unwrap();
    log.follow(&run).await.unwrap();
    assert!(log.is_followed(&run).await.unwrap());
    log.append(&writer, 1, [Bytes::from_static(b"j1")].into()).await.unwrap();
    soon("a hint", changes.next()).await.unwrap();
    log.renew(&writer).await.unwrap();
    assert!(log.cancel(&run).await.unwrap());
    assert_eq!(log.meta(&run).await.unwrap().unwrap().tail, 1);
    until("the end of the lease", async || log.reap(&run, Bytes::from_static(b"f{}")).await.unwrap()).await;
    assert_eq!(log.read(&run, 0, usize::MAX).await.unwrap().records.len(), 2);
    let writer = log.open(&RunId::random(), meta()).await.unwrap();
    log.close(&writer, 1, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
}

/// A script can take some 8,000 values from Lua's stack and no more.
#[tokio::test]
async fn an_owner_may_have_many_runs() {
    let redis = Redis::start();
    let log = redis.log().await;
    let owner = digest("ada");
    let keep = Keep { runs: 9_000, ..Keep::DEFAULT };
    // Runs that ended long ago: the owner's list still names them, and nothing else is left of them.
    let set = format!("outflow:owner:{}", owner.to_text());
    for _ in 0..90 {
        let names: Vec<String> = (0..100).map(|_| RunId::random().as_str().to_owned()).collect();
        let mut words = vec!["ZADD", &*set];
        for name in &names {
            words.extend(["1", &**name]);
        }
        redis.ask(&words);
    }
    for _ in 0..2 {
        let opened = log.open(&RunId::random(), Meta { owner: Some(owner), keep, ..meta() }).await;
        assert!(opened.is_ok(), "{opened:?}");
    }
}

/// A claim that is found unopened is kept for as long as its run may need to be opened, however old it is.
#[tokio::test]
async fn a_claim_that_is_found_unopened_lives_on() {
    let redis = Redis::start();
    let log = redis.log().await;
    let key = digest("key");
    let claim = || Claim { run: RunId::random(), fingerprint: digest("print") };
    log.claim(key, claim()).await.unwrap();
    let name = format!("outflow:claim:{}", key.to_text());
    redis.ask(&["PEXPIRE", &name, "5000"]);
    let claimed = log.claim(key, claim()).await.unwrap();
    let left: u64 = redis.ask(&["PTTL", &name]).parse().unwrap();
    assert!(left > 5000, "{left} ms");
    log.open(&claimed.run, Meta { claim: Some(key), ..meta() }).await.unwrap();
    let again = log.claim(key, claim()).await.unwrap();
    assert_eq!((again.run, again.opened), (claimed.run, true), "the same key starts another run");
}
