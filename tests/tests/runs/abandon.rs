//! Runs that nobody follows: after `abandon_after` they are cancelled, and only then.

use std::time::Duration;

use outflow::{
    Controller as _, action, controller,
    run::{MemoryLog, RunId, RunLog, RunState, Runs},
    test::{Client, Run, after},
};
use tokio::time::{Instant, sleep};

use crate::support::{redis::server::Redis, soon};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable(abandon_after = "2m"))]
    async fn costly(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable(abandon_after = "1s"))]
    async fn busy(&self) {
        loop {
            self.stream("x");
            sleep(Duration::from_millis(10)).await;
        }
    }

    #[action(post, resumable(abandon_after = "1s", overflow = window))]
    async fn flood(&self) {
        loop {
            self.stream("x".repeat(64 * 1024));
            sleep(Duration::from_millis(20)).await;
        }
    }

    #[action(post, resumable(abandon_after = "1s"), open_after = "20s")]
    async fn held(&self) {
        sleep(Duration::from_secs(6)).await;
        self.stream(1);
    }

    #[action(post, resumable)]
    async fn patient(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_nobody_follows_is_cancelled_after_a_while() {
    let client = Client::new(Jobs);
    let mut first = client.post("/jobs/costly").start();
    first.packet::<u32>().await;
    let run = first.run();
    // A follower that stays, however little comes.
    first.quiet(Duration::from_secs(600)).await;
    first.leave();
    sleep(Duration::from_secs(110)).await;
    // A follower that looks in for a moment. A request for the state does not count as one.
    let mut second = client.follow(&run, after(1)).start();
    second.quiet(Duration::from_secs(2)).await;
    second.leave();
    sleep(Duration::from_secs(110)).await;
    assert_eq!(client.state(&run).await, RunState::Open);
    let since = Instant::now();
    client.dropped("/jobs/costly").await;
    assert!(since.elapsed() < Duration::from_secs(13), "{:?}", since.elapsed());
    assert_eq!(client.state(&run).await, RunState::Cancelled);
    let mut late = client.follow(&run, after(0)).start();
    assert_eq!(late.packet::<u32>().await, 1);
    assert!(late.failed().await.detail().contains("nobody followed the run"), "{late:?}");
    assert!(String::from_utf8_lossy(&late.wire().await).contains("event: error\nid: 2\n"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_says_nothing_of_it_is_never_abandoned() {
    let client = Client::new(Jobs);
    let run = abandoned(&client, "/jobs/patient").await;
    sleep(Duration::from_secs(100 * 60 * 60)).await;
    assert_eq!(client.state(&run).await, RunState::Open);
    client.cancel(run).await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_run_is_abandoned_like_any_other() {
    let client = Client::new(Jobs);
    let run = abandoned(&client, "/jobs/busy").await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(client.state(run).await, RunState::Cancelled);
}

/// A run whose client has left.
async fn abandoned(client: &Client, path: &str) -> Run {
    let mut answer = client.post(path).start();
    answer.head().await;
    answer.leave();
    answer.run()
}

/// A follower tells the writer through the log, wherever it is.
#[tokio::test]
async fn a_run_is_not_abandoned_while_another_node_follows_it() {
    let redis = Redis::start();
    let app = async || Jobs.into_router().layer(Runs::new(redis.log().await).layer());
    let (one, two) = Client::pair(app().await, app().await);
    let mut first = one.post("/jobs/busy").start();
    first.head().await;
    let run = first.run();
    let mut elsewhere = two.follow(&run, after(0)).start();
    elsewhere.packet::<String>().await;
    first.leave();
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        elsewhere.packet::<String>().await;
    }
    assert_eq!(one.state(&run).await, RunState::Open);
    elsewhere.leave();
    // The log remembers the follower for a while longer.
    let id = run.path().rsplit('/').next().unwrap();
    let ttl: u64 = redis.ask(&["PTTL", &format!("outflow:{{{id}}}:f")]).parse().unwrap();
    assert!((5_000..=15_000).contains(&ttl), "{ttl}");
    redis.ask(&["DEL", &format!("outflow:{{{id}}}:f")]);
    assert_eq!(two.ended(run).await, RunState::Cancelled);
}

/// While the head is held, the client of the `POST` counts as a follower.
#[tokio::test]
async fn a_client_that_waits_for_its_head_follows() {
    let redis = Redis::start();
    let client = Client::new(Jobs.into_router().layer(Runs::new(redis.log().await).layer()));
    assert_eq!(client.post("/jobs/held").all::<u32, ()>().await.packets, [1]);
}

#[tokio::test]
async fn a_log_that_does_not_know_of_a_run_has_no_followers_of_it() {
    let redis = Redis::start();
    let log = redis.log().await;
    let run = RunId::random();
    soon("the follower", log.follow(&run)).await.unwrap();
    assert!(!soon("the answer", log.is_followed(&run)).await.unwrap());
    assert!(!MemoryLog::new().is_followed(&run).await.unwrap());
}

/// A client that reads nothing for a while counts as a follower for as long as it is connected.
async fn a_client_that_pauses_follows(log: impl RunLog) {
    let client = Client::new(Jobs.into_router().layer(Runs::new(log).layer()));
    let mut stalled = client.post("/jobs/flood").start();
    stalled.packet::<String>().await;
    stalled.stall();
    let run = stalled.run();
    // Far less than the 60 seconds after which a client that reads nothing is cut.
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(25) {
        sleep(Duration::from_millis(500)).await;
        assert_eq!(client.state(&run).await, RunState::Open, "after {:?}, with the client connected", since.elapsed());
    }
    client.cancel(run).await;
    stalled.leave();
}

#[tokio::test]
#[ignore = "takes 25 seconds: `cargo xtask test --all`"]
async fn a_client_that_pauses_follows_in_memory() {
    a_client_that_pauses_follows(MemoryLog::new()).await;
}

#[tokio::test]
#[ignore = "takes 25 seconds: `cargo xtask test --all`"]
async fn a_client_that_pauses_follows_in_redis() {
    let redis = Redis::start();
    a_client_that_pauses_follows(redis.log().await).await;
}
