//! How long a run is kept after its end, and that it leaves nothing in memory after that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use bytes::Bytes;
use outflow::{
    Controller as _, action, controller,
    run::{Claim, Claimed, MemoryLog, Meta, RunId, RunLog as _, RunState, Runs, Seq},
    test::{Client, after},
};
use tokio::time::sleep;

use crate::support::{
    LIMIT,
    runs::{KEY, digest, meta},
    within,
};

#[derive(Clone, Default)]
struct Jobs {
    started: Arc<AtomicUsize>,
}

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn two(&self) -> u32 {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.stream(1);
        self.stream(2);
        2
    }
}

const NOTHING: &str = "MemoryLog { runs: 0, claims: 0, owners: 0, bytes: 0 }";

#[tokio::test(start_paused = true)]
async fn packets_are_kept_for_a_while_and_the_end_for_longer() {
    let jobs = Jobs::default();
    let client = Client::new(jobs.clone());
    let start = || client.post("/jobs/two").header("idempotency-key", KEY).start();
    let mut first = start();
    first.done::<u32>().await;
    let run = first.run();
    sleep(Duration::from_secs(11 * 60)).await;
    let gone = client.follow(&run, after(0)).start().failed().await;
    assert_eq!(gone.status(), StatusCode::GONE);
    assert_eq!((&gone.problem()["first"], &gone.problem()["result"]), (&3.into(), &2.into()));
    let end = client.follow(&run, after(2)).start().wire().await;
    assert!(end.ends_with(b"event: done\nid: 3\ndata: 2\n\n"), "{end:?}");
    assert_eq!(client.follow(&run, after(3)).start().head().await.status(), StatusCode::NO_CONTENT);
    let again = start().failed().await;
    assert_eq!((again.status(), &again.problem()["result"]), (StatusCode::GONE, &2.into()));
    assert_eq!(jobs.started.load(Ordering::SeqCst), 1);
    sleep(Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(client.follow(&run, after(0)).start().head().await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn everything_is_freed_at_the_end() {
    let log = MemoryLog::new();
    let client = Client::new(Jobs::default().into_router().layer(Runs::new(log.clone()).layer()));
    for i in 0..200 {
        client.post("/jobs/two").header("idempotency-key", &format!("{KEY}{i}")).all::<u32, u32>().await;
    }
    assert!(format!("{log:?}").contains("runs: 200, claims: 200"), "{log:?}");
    sleep(Duration::from_secs(25 * 60 * 60)).await;
    assert_eq!(format!("{log:?}"), NOTHING);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_runs_leave_nothing_behind() {
    let log = MemoryLog::new();
    let record = Bytes::from_static(b"j12345678901234567890");
    let filling = async {
        for number in 0..100_000_u32 {
            let (run, claim) = (RunId::random(), digest(&number.to_string()));
            log.claim(claim, Claim { run: run.clone(), fingerprint: claim }).await.unwrap();
            let owner = Some(digest("owner"));
            let writer = log.open(&run, Meta { owner, claim: Some(claim), ..meta() }).await.unwrap();
            for first in 1..=3 as Seq {
                log.append(&writer, first, [&record].into()).await.unwrap();
            }
            log.close(&writer, 4, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
        }
    };
    within(5 * LIMIT, "a hundred thousand runs", filling).await;
    assert!(format!("{log:?}").contains("runs: 100000, claims: 100000, owners: 0"), "{log:?}");
    sleep(Duration::from_secs(11 * 60)).await;
    assert!(format!("{log:?}").contains("runs: 100000"), "{log:?}");
    sleep(Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(format!("{log:?}"), NOTHING);
}

/// Each request that finds the run unopened may open it, and has the same time for that.
#[tokio::test(start_paused = true)]
async fn a_key_is_bound_for_a_minute_after_its_last_claim() {
    let (log, key) = (MemoryLog::new(), digest("key"));
    let claim = async || {
        let run = RunId::random();
        (run.clone(), log.claim(key, Claim { run, fingerprint: key }).await.unwrap().run)
    };
    let (first, bound) = claim().await;
    assert_eq!(bound, first);
    sleep(Duration::from_secs(50)).await;
    assert_eq!(claim().await.1, first);
    sleep(Duration::from_secs(50)).await;
    assert_eq!(claim().await.1, first);
    sleep(Duration::from_secs(62)).await;
    assert_eq!(format!("{log:?}"), NOTHING);
    let (again, bound) = claim().await;
    assert_eq!(bound, again);
}

/// Its key is claimed by another request by then, after a minute in which it opened nothing.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_forgotten_frees_no_key_but_its_own() {
    let (log, key) = (MemoryLog::new(), digest("key"));
    let claim = async |run: &RunId| log.claim(key, Claim { run: run.clone(), fingerprint: key }).await.unwrap();
    let (late, run) = (RunId::random(), RunId::random());
    assert_eq!(claim(&run).await.run, run);
    let late = log.open(&late, Meta { claim: Some(key), ..meta() }).await.unwrap();
    log.close(&late, 1, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    log.open(&run, Meta { claim: Some(key), ..meta() }).await.unwrap();
    sleep(Duration::from_secs(25 * 60 * 60)).await;
    assert!(log.meta(&late.run).await.unwrap().is_none());
    assert_eq!(claim(&RunId::random()).await, Claimed { run, opened: true });
}
