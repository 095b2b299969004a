//! Runs where hints are lost, readers are slow, followers are many and runs as well.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use bytes::Bytes;
use futures_util::{FutureExt as _, future::join_all};
use http_body_util::BodyExt as _;
use outflow::{
    Controller as _, action, controller,
    run::{Claim, Digest, Keep, MemoryLog, Meta, RunId, RunLog as _, RunState, Runs, Seq},
};
use tokio::time::{Instant, sleep};

use crate::support::{
    ask, get_with_end,
    logs::BentLog,
    open, serve_narrow,
    wire::{Ask, End, Protocol},
};

const KEY: &str = "0123456789abcdef012345";

#[derive(Clone, Default)]
struct Long {
    started: Arc<AtomicUsize>,
    /// When each packet was sent.
    sent: Arc<Mutex<Vec<Instant>>>,
}

#[controller]
impl Long {
    /// Thirty seconds.
    #[action(post, resumable)]
    async fn steady(&self) {
        for i in 1..=300 {
            self.sent.lock().unwrap().push(Instant::now());
            self.stream(i);
            sleep(Duration::from_millis(100)).await;
        }
    }

    #[action(post, resumable(key = url))]
    async fn large(&self) -> usize {
        for i in 0..10_000 {
            self.stream(format!("{i:0100}"));
        }
        10_000
    }

    #[action(post, resumable)]
    async fn followed(&self) {
        self.started.fetch_add(1, Ordering::SeqCst);
        for i in 1..=20 {
            sleep(Duration::from_secs(1)).await;
            self.stream(i);
        }
    }
}

fn app(log: &BentLog) -> (Router, Long) {
    let long = Long::default();
    (long.clone().into_router().layer(Runs::new(log.clone()).layer()), long)
}

fn memory() -> BentLog {
    BentLog::new(Arc::new(MemoryLog::new()))
}

async fn start(app: &Router, path: &str) -> String {
    let request = Request::post(path).header("idempotency-key", KEY).body(Body::empty()).unwrap();
    let response = open(app, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.headers()["location"].to_str().unwrap().replace("./", "/long/")
}

fn get(run: &str) -> Request<Body> {
    Request::get(run).header("run-key", KEY).body(Body::empty()).unwrap()
}

fn numbers(text: &str) -> Vec<u64> {
    text.lines().filter_map(|line| line.strip_prefix("data: ")?.parse().ok()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_lost_hint_costs_a_second_at_most() {
    let most: [fn(usize) -> bool; 3] = [|_| true, |number| number % 3 != 2, |_| false];
    for (arrives, delay) in
        most.into_iter().zip([Duration::from_millis(2), Duration::from_secs(1), Duration::from_secs(1)])
    {
        let (app, long) = app(&BentLog { arrives, ..memory() });
        let run = start(&app, "/long/steady").await;
        let mut body = open(&app, get(&run)).await.into_body();
        let mut seen = Vec::new();
        while let Some(frame) = body.frame().await {
            let text = String::from_utf8(frame.unwrap().into_data().unwrap().into()).unwrap();
            seen.extend(numbers(&text).into_iter().map(|number| (number, Instant::now())));
        }
        assert_eq!(seen.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (1..=300).collect::<Vec<_>>());
        let sent = long.sent.lock().unwrap().clone();
        // The first may have been there before the follower was.
        let slowest = seen.iter().zip(&sent).skip(1).map(|((_, seen), sent)| *seen - *sent).max().unwrap();
        assert!(slowest <= delay + Duration::from_millis(2), "{slowest:?}");
    }
}

/// A follower looks, subscribes and looks again; in each of the moments between, a packet may come. None is missed, and
/// none waits for the next look.
#[tokio::test(start_paused = true)]
async fn a_packet_between_any_two_steps_of_a_follower_is_seen_at_once() {
    const PACKETS: u64 = 6;
    for moments in 0..1u32 << 8 {
        let log = MemoryLog::new();
        let run = RunId::random();
        let meta = Meta {
            action: "/long/steady".to_owned(),
            key: Some(Digest::of([KEY.as_bytes()])),
            owner: None,
            claim: None,
            keep: Keep::DEFAULT,
        };
        let writer = log.open(&run, meta).await.unwrap();
        let next = Arc::new(Mutex::new(1));
        // The end comes behind the last packet.
        let append = {
            let (log, next) = (log.clone(), next.clone());
            move || {
                let mut next = next.lock().unwrap();
                match *next {
                    ..=PACKETS => {
                        drop(log.append(&writer, *next, [format!("j{next}")].into()).now_or_never().unwrap());
                    }
                    _ => drop(log.close(&writer, *next, RunState::Done, "d".into()).now_or_never().unwrap()),
                }
                *next += 1;
            }
        };
        let moment = AtomicUsize::new(0);
        let step = {
            let append = append.clone();
            move || {
                let moment = moment.fetch_add(1, Ordering::SeqCst);
                if moment < 8 && moments >> moment & 1 == 1 {
                    append();
                }
            }
        };
        let (app, _) = app(&BentLog { step: Some(Arc::new(step)), ..BentLog::new(Arc::new(log)) });
        let since = Instant::now();
        let rest = async {
            while *next.lock().unwrap() <= PACKETS + 1 {
                sleep(Duration::from_millis(1)).await;
                append();
            }
        };
        let follow = get_with_end(&app, get(&format!("/long/steady/runs/{run}")));
        let ((text, is_whole), ()) = tokio::join!(follow, rest);
        assert_eq!((numbers(&text), is_whole), ((1..=PACKETS).collect(), true), "{moments:b}");
        assert!(since.elapsed() < Duration::from_millis(50), "{moments:b}: {:?}", since.elapsed());
    }
}

#[tokio::test]
async fn a_slow_follower_holds_nobody_up_and_loses_nothing() {
    let log = memory();
    let (fast, _) = app(&log);
    // The same log, whose readers are counted apart.
    let slow_log = BentLog::new(log.log.clone());
    let addr = serve_narrow(app(&slow_log).0).await;
    let run = start(&fast, "/long/large").await;
    let path = format!("{run}?key={KEY}");
    let mut slow =
        Ask { window: Some(1024), ..Ask::get(Protocol::Http1, &path, "application/x-ndjson") }.open(addr).await;
    let others = join_all((0..3).map(|_| get_with_end(&fast, get(&run)))).await;
    for (text, is_whole) in others {
        assert!(is_whole && text.ends_with("event: done\nid: 10001\ndata: 10000\n\n"));
        assert_eq!(numbers(&text.replace("data: \"", "data: ").replace('"', "")).len(), 10_001);
    }
    // It was given what fits on the way to it, of a megabyte.
    let given = slow_log.read_bytes.load(Ordering::SeqCst);
    assert!(given < 300 * 1024, "{given}");
    let (text, end) = slow.end().await;
    let expected: String = (0..10_000).map(|i| format!("\"{i:0100}\"\n")).collect();
    assert!(text == expected && end == End::Clean);
}

/// What a writer does is the same for one follower and for thousands, and each reads as often as there is something new.
#[tokio::test(start_paused = true)]
async fn thousands_of_followers_cost_the_writer_nothing() {
    let mut appends = Vec::new();
    for followers in [1, 4_000] {
        let log = memory();
        let (app, long) = app(&log);
        let run = start(&app, "/long/followed").await;
        let replies = join_all((0..followers).map(|_| get_with_end(&app, get(&run)))).await;
        for (text, is_whole) in replies {
            assert_eq!((numbers(&text), is_whole), ((1..=20).collect(), true));
        }
        let reads = log.reads.load(Ordering::SeqCst) / followers;
        // One a packet, one a tick and one for the end, and what the first response has read.
        assert!((20..=70).contains(&reads), "{reads} reads for each of {followers}");
        assert_eq!(long.started.load(Ordering::SeqCst), 1);
        appends.push(log.appends.load(Ordering::SeqCst));
    }
    assert_eq!(appends, [20, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_runs_leave_nothing_behind() {
    let log = MemoryLog::new();
    let record = Bytes::from_static(b"j12345678901234567890");
    for number in 0..100_000_u32 {
        let (run, claim) = (RunId::random(), Digest::of([&number.to_be_bytes()[..]]));
        log.claim(claim, Claim { run: run.clone(), fingerprint: claim }).await.unwrap();
        let meta = Meta {
            action: "/a".to_owned(),
            key: Some(claim),
            owner: Some(Digest::of([&b"owner"[..]])),
            claim: Some(claim),
            keep: Keep::DEFAULT,
        };
        let writer = log.open(&run, meta).await.unwrap();
        for first in 1..=3 as Seq {
            log.append(&writer, first, [&record].into()).await.unwrap();
        }
        log.close(&writer, 4, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    }
    assert!(format!("{log:?}").contains("runs: 100000, claims: 100000, owners: 0"), "{log:?}");
    sleep(Duration::from_secs(11 * 60)).await;
    assert!(format!("{log:?}").contains("runs: 100000"), "{log:?}");
    sleep(Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(format!("{log:?}"), "MemoryLog { runs: 0, claims: 0, owners: 0, bytes: 0 }");
}

/// A node that dies between the claim and the run: whoever comes next with the key starts the run itself.
#[tokio::test]
async fn a_claim_without_a_run_is_taken_up() {
    let log = memory();
    let (app, long) = app(&log);
    log.is_full.store(true, Ordering::SeqCst);
    let headers = [("idempotency-key", KEY)];
    assert_eq!(ask(&app, Method::POST, "/long/followed", &headers).await.status, StatusCode::SERVICE_UNAVAILABLE);
    log.is_full.store(false, Ordering::SeqCst);
    let runs = join_all((0..20).map(|_| start(&app, "/long/followed"))).await;
    assert!(runs.iter().all(|run| *run == runs[0]));
    tokio::task::yield_now().await;
    assert_eq!(long.started.load(Ordering::SeqCst), 1);
}
