//! Followers of a log that others reach as well: they read it together, and none of them holds up another.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};
use http_body_util::BodyExt as _;
use outflow::{
    Controller as _, Drain, action, controller,
    run::{
        Ack, AppendError, Claim, ClaimError, Claimed, Hash, Known, MemoryLog, Meta, OpenError, Page, ReadError,
        Records, RunId, RunLog, RunState, Runs, Seq, Unavailable, Writer,
    },
};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::support::{ask, frame, open, send};

const KEY: &str = "0123456789abcdef012345";

/// A log that others reach as well, whose reads wait for a permit where they shall. It counts those that hold it.
#[derive(Clone)]
struct Gated {
    log: MemoryLog,
    gated: Arc<AtomicBool>,
    gate: Arc<Semaphore>,
    alive: Arc<()>,
    opened: Arc<Mutex<Option<RunId>>>,
}

impl Gated {
    fn new() -> Self {
        Self {
            log: MemoryLog::new(),
            gated: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            alive: Arc::default(),
            opened: Arc::default(),
        }
    }
}

impl RunLog for Gated {
    fn claim<'a>(&'a self, key: Hash, claim: Claim) -> BoxFuture<'a, Result<Claimed, ClaimError>> {
        self.log.claim(key, claim)
    }
    fn open<'a>(&'a self, run: &'a RunId, meta: Meta) -> BoxFuture<'a, Result<Writer, OpenError>> {
        *self.opened.lock().unwrap() = Some(run.clone());
        self.log.open(run, meta)
    }
    fn append<'a>(&'a self, w: &'a Writer, first: Seq, records: Records) -> BoxFuture<'a, Result<Ack, AppendError>> {
        self.log.append(w, first, records)
    }
    fn close<'a>(
        &'a self,
        w: &'a Writer,
        at: Seq,
        state: RunState,
        record: Bytes,
    ) -> BoxFuture<'a, Result<(), AppendError>> {
        self.log.close(w, at, state, record)
    }
    fn renew<'a>(&'a self, w: &'a Writer) -> BoxFuture<'a, Result<Ack, AppendError>> {
        self.log.renew(w)
    }
    fn reap<'a>(&'a self, run: &'a RunId, record: Bytes) -> BoxFuture<'a, Result<bool, Unavailable>> {
        self.log.reap(run, record)
    }
    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<bool, Unavailable>> {
        self.log.cancel(run)
    }
    fn meta<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<Known>, Unavailable>> {
        self.log.meta(run)
    }
    fn read<'a>(&'a self, run: &'a RunId, after: Seq, most: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        Box::pin(async move {
            if self.gated.load(Ordering::SeqCst) {
                self.gate.acquire().await.unwrap().forget();
            }
            self.log.read(run, after, most).await
        })
    }
    fn wakes<'a>(&'a self, run: &'a RunId) -> BoxStream<'static, ()> {
        self.log.wakes(run)
    }
    fn is_shared(&self) -> bool {
        true
    }
}

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn quiet(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }

    #[action(post, resumable(abandon_after = "1s"), open_after = "20s")]
    async fn held(&self) {
        sleep(Duration::from_secs(6)).await;
        self.stream(1);
    }

    #[action(post, resumable(overflow = window))]
    async fn long(&self) {
        for _ in 0..2000 {
            self.stream("x".repeat(1000));
        }
        std::future::pending::<()>().await;
    }
}

async fn start(app: &Router, path: &str, key: &str) -> (String, Body) {
    let response = open(app, Request::post(path).header("idempotency-key", key).body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let (folder, _) = path.rsplit_once('/').unwrap();
    (response.headers()["location"].to_str().unwrap().replacen('.', folder, 1), response.into_body())
}

async fn follow(app: &Router, run: &str) -> Body {
    open(app, Request::get(run).header("run-key", KEY).body(Body::empty()).unwrap()).await.into_body()
}

async fn state(app: &Router, run: &str) -> String {
    ask(app, Method::HEAD, run, &[("run-key", KEY)]).await.header("run-state").to_owned()
}

/// Reads until it has this packet and waits for more.
async fn until(body: &mut Body, what: &str) {
    while !frame(body).await.unwrap().contains(what) {}
}

async fn poll_a_little(body: &mut Body) {
    let _ = timeout(Duration::from_millis(1), body.frame()).await;
}

/// Who joins a read and leaves before its turn leaves it behind, for ever, and with it the log.
#[tokio::test(start_paused = true)]
async fn joined_reads_leave_nothing_behind() {
    let log = Gated::new();
    let weak = Arc::downgrade(&log.alive);
    let (gated, gate) = (log.gated.clone(), log.gate.clone());
    let app = Jobs.into_router().layer(Runs::new(log).layer());
    let (run, mut one) = start(&app, "/jobs/quiet", KEY).await;
    until(&mut one, "id: 1\n").await;
    let mut two = follow(&app, &run).await;
    until(&mut two, "id: 1\n").await;
    // Both look for packet 2: the read of the first one is on its way, the second one's waits for its turn.
    gated.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        poll_a_little(&mut one).await;
    }
    for _ in 0..10 {
        poll_a_little(&mut two).await;
    }
    // The second one leaves first, while it waits for the turn of its read, and the first one's read ends.
    drop(two);
    gated.store(false, Ordering::SeqCst);
    gate.add_permits(100);
    poll_a_little(&mut one).await;
    drop(one);
    assert_eq!(ask(&app, Method::DELETE, &run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
    sleep(Duration::from_secs(20)).await;
    drop(app);
    sleep(Duration::from_secs(20)).await;
    assert!(weak.upgrade().is_none(), "the log is still held");
}

/// One follower that is not polled (its client reads nothing) holds up all others at the same number.
#[tokio::test(start_paused = true)]
async fn a_follower_that_is_not_polled_holds_up_nobody() {
    let log = Gated::new();
    let (gated, gate) = (log.gated.clone(), log.gate.clone());
    let app = Jobs.into_router().layer(Runs::new(log).layer());
    let (run, mut one) = start(&app, "/jobs/quiet", KEY).await;
    until(&mut one, "id: 1\n").await;
    let mut two = follow(&app, &run).await;
    until(&mut two, "id: 1\n").await;
    gated.store(true, Ordering::SeqCst);
    // The first one's read is on its way, and then nobody asks for its body any more.
    for _ in 0..1200 {
        poll_a_little(&mut one).await;
    }
    gated.store(false, Ordering::SeqCst);
    gate.add_permits(100);
    assert_eq!(ask(&app, Method::DELETE, &run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
    let end = timeout(Duration::from_secs(120), until(&mut two, "event: error")).await;
    assert!(end.is_ok(), "the second follower hangs: the run ended two minutes ago ({})", state(&app, &run).await);
}

/// A follower with much to read is told at once that it has to go elsewhere.
#[tokio::test(start_paused = true)]
async fn a_follower_behind_is_told_to_go_too() {
    let drain = Drain::new();
    let app = Jobs.into_router().layer(Runs::new(Gated::new()).layer()).layer(drain.layer());
    let (run, body) = start(&app, "/jobs/long", KEY).await;
    drop(body);
    sleep(Duration::from_secs(5)).await;
    let mut body = follow(&app, &run).await;
    until(&mut body, "id: 1\n").await;
    drain.start();
    let mut bytes = 0;
    while let Some(frame) = frame(&mut body).await {
        bytes += frame.len();
    }
    assert!(bytes < 100_000, "{bytes} bytes after it");
}

/// `Run-State` says the same in the answer to a POST and to a HEAD.
#[tokio::test(start_paused = true)]
async fn a_run_has_one_state() {
    let log = Gated::new();
    let opened = log.opened.clone();
    let app = Jobs.into_router().layer(Runs::new(log).layer());
    let held = tokio::spawn({
        let app = app.clone();
        async move { send(&app, Request::post("/jobs/held").header("idempotency-key", KEY)).await }
    });
    sleep(Duration::from_millis(10)).await;
    let run = format!("/jobs/held/runs/{}", opened.lock().unwrap().clone().unwrap());
    assert_eq!(ask(&app, Method::DELETE, &run, &[("run-key", KEY)]).await.status, StatusCode::ACCEPTED);
    let reply = held.await.unwrap();
    assert_eq!(reply.header("run-state"), state(&app, &run).await, "{} {}", reply.status, reply.body);
}
