//! Runs that nobody follows: after `abandon_after` they are cancelled, and only then.

use std::{sync::Arc, time::Duration};

use axum::http::Method;
use outflow::{
    Controller as _, Drain, action, controller,
    run::{MemoryLog, RunId, RunLog, Runs},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpSocket,
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use crate::support::{
    OnDrop, ask, frame,
    redis::server::Redis,
    runs::{KEY, Started, complete, follow, start, state},
    serve_narrow, soon, until,
};

#[derive(Clone, Default)]
struct Jobs {
    dropped: Arc<Notify>,
}

#[controller]
impl Jobs {
    #[action(post, resumable(abandon_after = "2m"))]
    async fn costly(&self) {
        let _dropped = OnDrop(self.dropped.clone());
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
    let jobs = Jobs::default();
    let app = jobs.clone().into_router();
    let Started { run, mut body } = start(&app, "/jobs/costly").await;
    frame(&mut body).await;
    // A follower that stays, however little comes.
    assert!(timeout(Duration::from_secs(600), async { while frame(&mut body).await.is_some() {} }).await.is_err());
    drop(body);
    sleep(Duration::from_secs(110)).await;
    // A follower that looks in for a moment. A request for the state does not count as one.
    let mut body = follow(&app, &run).await;
    assert!(timeout(Duration::from_secs(2), async { while frame(&mut body).await.is_some() {} }).await.is_err());
    drop(body);
    sleep(Duration::from_secs(110)).await;
    assert_eq!(state(&app, &run).await, "open");
    let since = Instant::now();
    soon("the end of the action", jobs.dropped.notified()).await;
    assert!(since.elapsed() < Duration::from_secs(13), "{:?}", since.elapsed());
    assert_eq!(state(&app, &run).await, "cancelled");
    let end = ask(&app, Method::GET, &run, &[("run-key", KEY)]).await.body;
    assert!(end.contains("event: error\nid: 2\n") && end.contains("nobody followed the run"), "{end}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_says_nothing_of_it_is_never_abandoned() {
    let app = Jobs::default().into_router();
    let Started { run, body } = start(&app, "/jobs/patient").await;
    drop(body);
    sleep(Duration::from_secs(100 * 60 * 60)).await;
    assert_eq!(state(&app, &run).await, "open");
}

#[tokio::test(start_paused = true)]
async fn a_busy_run_is_abandoned_like_any_other() {
    let app = Jobs::default().into_router();
    let Started { run, body } = start(&app, "/jobs/busy").await;
    drop(body);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(state(&app, &run).await, "cancelled");
}

/// A follower tells the writer through the log, wherever it is.
#[tokio::test]
async fn a_run_is_not_abandoned_while_another_node_follows_it() {
    let redis = Redis::start();
    let app = async || Jobs::default().into_router().layer(Runs::new(redis.log().await).layer());
    let (one, two) = (app().await, app().await);
    let Started { run, body } = start(&one, "/jobs/busy").await;
    let mut elsewhere = follow(&two, &run).await;
    frame(&mut elsewhere).await;
    drop(body);
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        assert!(frame(&mut elsewhere).await.is_some());
    }
    assert_eq!(state(&one, &run).await, "open");
    drop(elsewhere);
    // The log remembers the follower for a while longer.
    let id = run.rsplit('/').next().unwrap();
    let ttl: u64 = redis.ask(&["PTTL", &format!("outflow:{{{id}}}:f")]).parse().unwrap();
    assert!((5_000..=15_000).contains(&ttl), "{ttl}");
    redis.ask(&["DEL", &format!("outflow:{{{id}}}:f")]);
    until("the cancel", async || state(&two, &run).await == "cancelled").await;
}

/// While the head is held, the client of the `POST` counts as a follower.
#[tokio::test]
async fn a_client_that_waits_for_its_head_follows() {
    let redis = Redis::start();
    let app = Jobs::default().into_router().layer(Runs::new(redis.log().await).layer());
    let (reply, _) = complete(&app, "/jobs/held").await;
    assert!(reply.body.contains("event: done"), "{} {}", reply.status, reply.body);
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
    let app = Jobs::default().into_router().layer(Runs::new(log).layer());
    let drain = Drain::new();
    let addr = serve_narrow(app.clone().layer(drain.layer())).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let mut tcp = socket.connect(addr).await.unwrap();
    let request =
        format!("POST /jobs/flood HTTP/1.1\r\nhost: x\r\nidempotency-key: {KEY}\r\ncontent-length: 0\r\n\r\n");
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut head = vec![0; 2048];
    let read = soon("the head", tcp.read(&mut head)).await.unwrap();
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    let run = head.lines().find_map(|line| line.strip_prefix("location: .")).unwrap();
    let run = format!("/jobs{run}");
    // Far less than the 60 seconds after which a client that reads nothing is cut.
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(25) {
        sleep(Duration::from_millis(500)).await;
        assert_eq!(state(&app, &run).await, "open", "after {:?}, with the client connected", since.elapsed());
    }
    drop(tcp);
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
