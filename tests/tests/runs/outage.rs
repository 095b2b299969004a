//! Runs whose log is unavailable for a while: the action waits, and little of what it sends is held meanwhile.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use outflow::{
    Controller as _, action, controller,
    run::{RunId, Runs},
    test::{Client, after},
};
use tokio::time::{Instant, sleep, timeout};
use tracing::Event;
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

use crate::support::{logs::BentLog, until};

#[derive(Clone, Default)]
struct Floods {
    /// How many packets have been sent.
    sent: Arc<AtomicUsize>,
}

#[controller]
impl Floods {
    #[action(post, path = "/flood/{size}", resumable(overflow = window))]
    async fn flood(&self, size: usize) {
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

fn client() -> (Client, Floods, BentLog) {
    let (floods, log) = (Floods::default(), BentLog::in_memory());
    let client = Client::new(floods.clone().into_router().layer(Runs::new(log.clone()).layer()));
    (client.limit(Duration::from_secs(60)), floods, log)
}

/// Held are the packets of two calls and of the action's batch: at most 192 packets, or 96 KiB and a packet for each of
/// the three.
#[tokio::test(start_paused = true)]
async fn an_action_waits_for_a_log_that_is_away_and_is_given_up() {
    for (size, most) in [(1, 192), (1024, 100), (40 * 1024, 6), (3 * 1024 * 1024, 3)] {
        let (client, floods, log) = client();
        let path = format!("/floods/flood/{size}");
        let mut first = client.post(&path).start();
        first.head().await;
        first.leave();
        let run = first.run();
        log.is_away.store(true, Ordering::SeqCst);
        let (away, before) = (Instant::now(), floods.sent.load(Ordering::SeqCst));
        let mut dropped = pin!(client.dropped(&path));
        assert!(timeout(Duration::from_secs(29), &mut dropped).await.is_err(), "it does not wait");
        let sent = floods.sent.load(Ordering::SeqCst) - before;
        assert!(sent <= most, "{sent} packets of {size} bytes");
        let refused = client.follow(&run, after(0)).start().head().await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["retry-after"], "3");
        dropped.await;
        assert!(away.elapsed() < Duration::from_secs(33), "{:?}", away.elapsed());
        // When it is back, any follower finds that the writer is gone.
        log.is_away.store(false, Ordering::SeqCst);
        let info = log.log.meta(&RunId::parse(run.path().rsplit('/').next().unwrap()).unwrap()).await;
        let mut late = client.follow(&run, after(info.unwrap().unwrap().tail)).start();
        let failed = timeout(Duration::from_secs(17), late.failed()).await.expect("nobody notices");
        assert_eq!(failed.problem()["type"], "urn:outflow:run/lost");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_when_the_log_is_back() {
    let (client, floods, log) = client();
    let mut first = client.post("/floods/count").start();
    first.packet::<usize>().await;
    log.is_away.store(true, Ordering::SeqCst);
    // The follower can read nothing, so its client has to come back.
    timeout(Duration::from_secs(2), first.cut()).await.expect("the follower waits");
    sleep(Duration::from_secs(20)).await;
    let sent = floods.sent.load(Ordering::SeqCst);
    assert!(sent < 500);
    log.is_away.store(false, Ordering::SeqCst);
    // Its lease is out by now: the log in memory, which is never away, gives a writer no time to say that it lives.
    until("the next packet", async || floods.sent.load(Ordering::SeqCst) > sent).await;
    let all = client.follow(first.run(), after(0)).all::<usize, usize>().await;
    assert_eq!((all.packets, all.result), ((0..1_000).collect(), 1_000));
}

/// Counts the lines of the application's log.
#[derive(Clone, Default)]
struct Lines(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A line a second says as much as a line a request.
#[tokio::test]
async fn requests_do_not_fill_the_log_of_the_application() {
    let (client, _, log) = client();
    log.is_away.store(true, Ordering::SeqCst);
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    let since = std::time::Instant::now();
    let run = format!("/floods/count/runs/{}", RunId::random());
    for _ in 0..200 {
        assert_eq!(client.get(&run).start().head().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    let most = usize::try_from(since.elapsed().as_secs()).unwrap() + 1;
    let written = lines.0.load(Ordering::SeqCst);
    assert!(written <= most, "{written} lines in {most} seconds");
}
