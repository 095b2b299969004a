//! Runs whose log is away for a while: the action waits, and what it has sent stays little.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use outflow::{
    Controller as _, action, controller,
    run::{MemoryLog, Runs},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use crate::support::{OnDrop, ask, frame, get_with_end, logs::BentLog, open};

const KEY: &str = "0123456789abcdef012345";

#[derive(Clone, Default)]
struct Floods {
    /// How many packets have been sent.
    sent: Arc<AtomicUsize>,
    dropped: Arc<Notify>,
}

#[controller]
impl Floods {
    #[action(post, path = "/flood/{size}", resumable(overflow = window))]
    async fn flood(&self, size: usize) {
        let _dropped = OnDrop(self.dropped.clone());
        loop {
            self.stream("x".repeat(size));
            self.sent.fetch_add(1, Ordering::SeqCst);
            if size < 1024 * 1024 {
                sleep(Duration::from_micros(10)).await;
            }
        }
    }

    #[action(post, resumable)]
    async fn count(&self) -> usize {
        for i in 0..1_000 {
            self.stream(i);
            self.sent.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(10)).await;
        }
        1_000
    }
}

fn app() -> (Router, Floods, BentLog) {
    let (floods, log) = (Floods::default(), BentLog::new(Arc::new(MemoryLog::new())));
    (floods.clone().into_router().layer(Runs::new(log.clone()).layer()), floods, log)
}

fn post(path: &str) -> Request<Body> {
    Request::post(path).header("idempotency-key", KEY).body(Body::empty()).unwrap()
}

/// Little is what goes with two calls, and what the action has put into its batch: at most 192 packets, or 96 KiB and a
/// packet for each of the three.
#[tokio::test(start_paused = true)]
async fn an_action_waits_for_a_log_that_is_away_and_is_given_up() {
    for (size, most) in [(1, 192), (1024, 100), (40 * 1024, 6), (3 * 1024 * 1024, 3)] {
        let (app, floods, log) = app();
        let response = open(&app, post(&format!("/floods/flood/{size}"))).await;
        let run = response.headers()["location"].to_str().unwrap().to_owned();
        let run = format!("/floods/flood{}", run.strip_prefix('.').unwrap());
        drop(response);
        log.is_away.store(true, Ordering::SeqCst);
        let (away, before) = (Instant::now(), floods.sent.load(Ordering::SeqCst));
        assert!(timeout(Duration::from_secs(29), floods.dropped.notified()).await.is_err(), "it does not wait");
        let sent = floods.sent.load(Ordering::SeqCst) - before;
        assert!(sent <= most, "{sent} packets of {size} bytes");
        let refused = ask(&app, Method::GET, &run, &[("run-key", KEY)]).await;
        assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "3"));
        floods.dropped.notified().await;
        assert!(away.elapsed() < Duration::from_secs(33), "{:?}", away.elapsed());
        // When it is back, whoever looks finds that the writer is gone.
        log.is_away.store(false, Ordering::SeqCst);
        let first = log.log.meta(&outflow::run::RunId::parse(run.rsplit('/').next().unwrap()).unwrap()).await;
        let after = first.unwrap().unwrap().tail.to_string();
        let headers = [("run-key", KEY), ("last-event-id", &*after)];
        let follow = ask(&app, Method::GET, &run, &headers);
        let reply = timeout(Duration::from_secs(17), follow).await.expect("nobody notices");
        assert!(reply.body.contains("urn:outflow:run/lost"), "{}", reply.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_when_the_log_is_back() {
    let (app, floods, log) = app();
    let response = open(&app, post("/floods/count")).await;
    let run = response.headers()["location"].to_str().unwrap().replace("./", "/floods/");
    let mut body = response.into_body();
    frame(&mut body).await;
    log.is_away.store(true, Ordering::SeqCst);
    // The follower has nobody to ask, and its client comes back.
    let cut = async { while let Some(Ok(_)) = http_body_util::BodyExt::frame(&mut body).await {} };
    timeout(Duration::from_secs(2), cut).await.expect("the follower waits");
    sleep(Duration::from_secs(20)).await;
    assert!(floods.sent.load(Ordering::SeqCst) < 500);
    log.is_away.store(false, Ordering::SeqCst);
    // Its lease is out by now: the log in memory, which is never away, gives a writer no time to say that it lives.
    sleep(Duration::from_secs(3)).await;
    let follow = Request::get(&run).header("run-key", KEY).body(Body::empty()).unwrap();
    let (text, is_whole) = get_with_end(&app, follow).await;
    let numbers: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let expected: Vec<_> = (0..=1_000).map(|i| i.to_string()).collect();
    assert_eq!((numbers, is_whole), (expected.iter().map(String::as_str).collect(), true));
}
