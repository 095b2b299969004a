//! What holds for runs in corners: paths, queries and keys, full logs, large results, clients that pause.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Query,
    http::{Request, StatusCode},
};
use outflow::{
    Controller as _, Drain, action, controller,
    run::{Claim, Digest, Keep, MemoryLog, Meta, RunId, RunLog, Runs},
};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpSocket,
    time::{Instant, sleep, timeout},
};

use crate::support::{
    frame,
    redis::server::Redis,
    runs::{KEY, start, state, until},
    send, serve_narrow,
};

const OTHER: &str = "another-key-0123456789";

#[derive(Clone, Default)]
struct Jobs {
    started: Arc<AtomicUsize>,
}

#[derive(Deserialize)]
struct Export {
    key: String,
}

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn counts(&self) {
        let at = self.started.fetch_add(1, Ordering::SeqCst);
        for i in 1..=5 {
            self.stream(format!("execution {at}, packet {i}"));
        }
    }

    #[action(post, resumable, path = "/slash/")]
    async fn slash(&self) {
        self.stream(1);
    }

    #[action(post, resumable)]
    async fn large(&self) -> String {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.stream(1);
        "x".repeat(2 << 20)
    }

    #[action(post, resumable)]
    async fn export(&self, Query(export): Query<Export>) {
        self.stream(export.key);
    }

    #[action(post, resumable(abandon_after = "1s", overflow = window))]
    async fn busy(&self) {
        loop {
            self.stream("x".repeat(64 * 1024));
            sleep(Duration::from_millis(20)).await;
        }
    }

    #[action(post, resumable, heartbeat = "100ms")]
    async fn beats(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable(abandon_after = "1s"), open_after = "20s")]
    async fn held(&self) {
        sleep(Duration::from_secs(6)).await;
        self.stream(1);
    }

    #[action(post, resumable)]
    async fn huge(&self) -> String {
        self.stream(1);
        "x".repeat(17 << 20)
    }
}

struct Root;

#[controller("/")]
impl Root {
    #[action(post, path = "/", resumable)]
    async fn index(&self) {
        self.stream(1);
    }
}

/// The runs of an action whose path ends with a slash can't be followed.
#[tokio::test]
async fn a_path_with_a_slash_at_its_end_has_runs() {
    let app = Jobs::default().into_router();
    let (run, _body) = start(&app, "/jobs/slash/").await;
    assert_eq!(state(&app, &run).await, "done", "{run}");
}

#[tokio::test]
async fn a_root_nested_under_a_slash_has_runs() {
    let app = Router::new().nest("/api/", Root.into_router());
    let (run, _body) = start(&app, "/api/").await;
    assert_eq!(state(&app, &run).await, "done", "{run}");
}

/// Where memory is full, tombstones and their claims go, so a key starts its action again.
#[tokio::test]
async fn a_key_never_starts_a_second_run_where_memory_is_full() {
    let jobs = Jobs::default();
    let app = jobs.clone().into_router();
    drop(start(&app, "/jobs/counts").await);
    sleep(Duration::from_millis(50)).await;
    for i in 0..140 {
        send(&app, Request::post("/jobs/large").header("idempotency-key", format!("{OTHER}-{i}"))).await;
    }
    let before = jobs.started.load(Ordering::SeqCst);
    let reply = send(&app, Request::post("/jobs/counts").header("idempotency-key", KEY)).await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), before, "executed again: {} {}", reply.status, reply.body);
}

/// Lua unpacks no more than some 8,000 values.
#[tokio::test]
async fn an_owner_may_have_many_runs() {
    let redis = Redis::start();
    let log = redis.log().await;
    let owner = Digest::of([&b"ada"[..]]);
    let keep = Keep { runs: 9_000, ..Keep::DEFAULT };
    let meta = Meta { action: "/".to_owned(), key: None, owner: Some(owner), claim: None, keep };
    // Ended long ago: they are noted, and nothing else is known of them.
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
        let opened = log.open(&RunId::random(), meta.clone()).await;
        assert!(opened.is_ok(), "{opened:?}");
    }
}

/// A follower whose client reads nothing for a while is no follower in Redis.
async fn a_client_that_pauses_follows(log: impl RunLog) {
    let app = Jobs::default().into_router().layer(Runs::new(log).layer());
    let drain = Drain::new();
    let addr = serve_narrow(app.clone().layer(drain.layer())).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let mut tcp = socket.connect(addr).await.unwrap();
    tcp.write_all(
        format!("POST /jobs/busy HTTP/1.1\r\nhost: x\r\nidempotency-key: {KEY}\r\ncontent-length: 0\r\n\r\n")
            .as_bytes(),
    )
    .await
    .unwrap();
    let mut head = vec![0; 2048];
    let read = tcp.read(&mut head).await.unwrap();
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

/// While the head is held the client of the POST is no follower.
#[tokio::test]
async fn a_client_that_waits_for_its_head_follows() {
    let redis = Redis::start();
    let app = Jobs::default().into_router().layer(Runs::new(redis.log().await).layer());
    let reply = send(&app, Request::post("/jobs/held").header("idempotency-key", KEY)).await;
    assert!(reply.body.contains("event: done"), "{} {}", reply.status, reply.body);
}

/// A client that has packets of a run that is forgotten gets those of another execution.
#[tokio::test]
async fn who_has_packets_is_not_given_those_of_another_execution() {
    let jobs = Jobs::default();
    // It has packets 1 and 2 of an execution of a process that is gone, and was not told `Location`.
    let app = jobs.clone().into_router();
    let reply =
        send(&app, Request::post("/jobs/counts").header("idempotency-key", KEY).header("last-event-id", "2")).await;
    assert_eq!(jobs.started.load(Ordering::SeqCst), 0, "{} {}", reply.status, reply.body);
}

/// `Location` is in every head.
#[tokio::test]
async fn every_head_says_where_the_run_is() {
    let app = Jobs::default().into_router();
    let post = |cursor: &'static str| {
        Request::post("/jobs/counts").header("idempotency-key", KEY).header("last-event-id", cursor)
    };
    send(&app, post("0")).await;
    for cursor in ["3", "6", "9"] {
        let reply = send(&app, post(cursor)).await;
        assert_ne!(reply.header("location"), "", "{cursor}: {} {}", reply.status, reply.body);
    }
}

/// The id of the end of a stream that is no run is no number.
#[tokio::test]
async fn the_id_of_another_stream_is_no_number_of_a_run() {
    let jobs = Jobs::default();
    let app = jobs.clone().into_router();
    let request = Request::post("/jobs/counts").header("idempotency-key", KEY).header("last-event-id", "outflow-end");
    let reply = send(&app, request).await;
    assert_eq!((reply.status, reply.header("cache-control")), (StatusCode::BAD_REQUEST, "no-store, no-transform"));
}

/// A parameter of the action's own is part of what the request was.
#[tokio::test]
async fn another_query_is_another_request() {
    let app = Jobs::default().into_router();
    send(&app, Request::post("/jobs/export?key=a").header("idempotency-key", KEY)).await;
    let reply = send(&app, Request::post("/jobs/export?key=b").header("idempotency-key", KEY)).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
}

/// The heartbeat is what the action says.
#[tokio::test(start_paused = true)]
async fn a_run_beats_as_often_as_it_says() {
    let app = Jobs::default().into_router();
    let (_, mut body) = start(&app, "/jobs/beats").await;
    until(&mut body, "id: 1\n").await;
    let mut beats = 0;
    let _ = timeout(Duration::from_secs(5), async {
        while frame(&mut body).await.is_some() {
            beats += 1;
        }
    })
    .await;
    assert!(beats >= 40, "{beats} beats in 5 seconds");
}

/// A claim that was found is there for as long as its run needs to be opened.
#[tokio::test]
async fn a_claim_that_is_found_unopened_lives_on() {
    let redis = Redis::start();
    let log = redis.log().await;
    let key = Digest::of([&b"key"[..]]);
    let claim = || Claim { run: RunId::random(), fingerprint: Digest::of([&b"f"[..]]) };
    log.claim(key, claim()).await.unwrap();
    let name = format!("outflow:claim:{}", key.to_text());
    redis.ask(&["PEXPIRE", &name, "100"]);
    let claimed = log.claim(key, claim()).await.unwrap();
    sleep(Duration::from_millis(150)).await;
    let meta = Meta { action: "/".to_owned(), key: None, owner: None, claim: Some(key), keep: Keep::DEFAULT };
    log.open(&claimed.run, meta).await.unwrap();
    let again = log.claim(key, claim()).await.unwrap();
    assert_eq!((again.run, again.opened), (claimed.run, true), "the same key starts another run");
}

#[tokio::test]
async fn a_result_that_is_too_large_has_no_room() {
    let app = Jobs::default().into_router();
    let reply = send(&app, Request::post("/jobs/huge").header("idempotency-key", KEY)).await;
    assert!(reply.body.contains("event: error") && reply.body.contains("urn:outflow:run/full"), "{}", reply.body.len());
}
