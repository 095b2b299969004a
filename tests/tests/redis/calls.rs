//! The calls of the log themselves, where one fails or the server is of another kind.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use outflow::run::{Claim, Hash, Meta, RedisLog, RunId, RunLog, RunState};
use tokio::time::timeout;

use super::{
    meta,
    proxy::{Proxy, Then},
    server::Redis,
};

fn hash(text: &str) -> Hash {
    Hash::of([text.as_bytes()])
}

/// Otherwise the key would start a second run a minute later.
#[tokio::test]
async fn a_run_that_ends_at_once_tells_its_claim_so() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let log = RedisLog::connect(&proxy.url()).await.unwrap();
    let (key, run) = (hash("key"), RunId::random());
    let claim = Claim { run: run.clone(), fingerprint: hash("print") };
    log.claim(key, claim.clone()).await.unwrap();
    // The claim does not learn that its run is open.
    let telling = proxy.trap("outflow:claim:", Then::Hold);
    let writer = log.open(&run, Meta { claim: Some(key), ..meta() }).await.unwrap();
    telling.notified().await;
    assert!(!log.claim(key, claim.clone()).await.unwrap().opened);
    log.close(&writer, 1, RunState::Failed, Bytes::from_static(b"f{}")).await.unwrap();
    assert!(log.claim(key, claim).await.unwrap().opened);
    let left: u64 = redis.ask(&["PTTL", &format!("outflow:claim:{}", key.to_text())]).parse().unwrap();
    assert!(left > Duration::from_secs(24 * 60 * 60).as_millis().try_into().unwrap(), "{left} ms");
}

/// In a cluster a script may touch one slot only. This one has a single node, which has all slots and minds them all the
/// same.
#[tokio::test]
async fn each_call_keeps_to_one_slot_of_a_cluster() {
    let redis = Redis::start_with(&["--cluster-enabled", "yes"]);
    redis.ask(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    while !redis.ask(&["CLUSTER", "INFO"]).contains("cluster_state:ok") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let two = redis.ask(&["EVAL", "return redis.call('EXISTS', KEYS[1], KEYS[2])", "2", "one", "another"]);
    assert!(two.contains("CROSSSLOT"), "{two}");
    let log = redis.log().await.lease(Duration::from_millis(100));
    let (key, run) = (hash("key"), RunId::random());
    let claimed = log.claim(key, Claim { run: run.clone(), fingerprint: hash("print") }).await.unwrap();
    assert_eq!(claimed.run, run);
    let mut wakes = log.wakes(&run);
    let writer = log.open(&run, Meta { claim: Some(key), ..meta() }).await.unwrap();
    log.append(&writer, 1, &[Bytes::from_static(b"j1")]).await.unwrap();
    timeout(Duration::from_secs(20), wakes.next()).await.unwrap().unwrap();
    log.renew(&writer).await.unwrap();
    assert!(log.cancel(&run).await.unwrap());
    assert_eq!(log.meta(&run).await.unwrap().unwrap().tail, 1);
    while !log.reap(&run, Bytes::from_static(b"f{}")).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(log.read(&run, 0, usize::MAX).await.unwrap().records.len(), 2);
    let writer = log.open(&RunId::random(), meta()).await.unwrap();
    log.close(&writer, 1, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
}
