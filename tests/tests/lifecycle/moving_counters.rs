//! The counters of packets and bytes while a stream is open.

use std::{collections::BTreeMap, future::Future, time::Duration};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use outflow::{action, controller, test::Client};
use tokio::time::sleep;

struct Feed;

#[controller]
impl Feed {
    #[action]
    async fn ticks(&self) {
        loop {
            self.stream("tick");
            sleep(Duration::from_secs(60)).await;
        }
    }

    #[action]
    async fn three(&self) {
        self.stream_all(futures_util::stream::iter(1..=3));
    }

    #[action(post, resumable)]
    async fn job(&self) {
        loop {
            self.stream("step");
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// How much the counters of packets and bytes in this format have moved since the last call.
fn moved(snapshotter: &Snapshotter, format: &str) -> (u64, u64) {
    let counts: BTreeMap<String, u64> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .filter(|(key, ..)| key.key().labels().any(|label| label.value() == format))
        .filter_map(|(key, _, _, value)| match value {
            DebugValue::Counter(count) => Some((key.key().name().to_owned(), count)),
            _ => None,
        })
        .collect();
    let count = |name| counts.get(name).copied().unwrap_or_default();
    (count("outflow_packets_total"), count("outflow_bytes_total"))
}

fn measured<F: Future<Output = ()>>(test: impl FnOnce(Snapshotter) -> F) {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(test(snapshotter)));
}

#[test]
fn they_move_while_the_stream_is_open_and_count_nothing_twice() {
    measured(async |snapshotter| {
        let client = Client::new(Feed);
        let mut answer = client.get("/feed/ticks").start();
        answer.packet::<String>().await;
        let first = "data: \"tick\"\n\n".len() as u64;
        assert_eq!(moved(&snapshotter, "sse"), (1, first));
        answer.quiet(Duration::from_secs(50)).await;
        let (packets, heartbeats) = moved(&snapshotter, "sse");
        assert!(packets == 0 && heartbeats > 0, "{packets} packets, {heartbeats} bytes");
        answer.packet::<String>().await;
        assert_eq!(moved(&snapshotter, "sse"), (1, first));
        answer.leave();
        client.dropped("/feed/ticks").await;
        assert_eq!(moved(&snapshotter, "sse"), (0, 0));
    });
}

#[test]
fn the_sums_are_those_of_the_whole_stream() {
    measured(async |snapshotter| {
        let client = Client::new(Feed);
        let body = client.get("/feed/three").start().text().await;
        assert_eq!(moved(&snapshotter, "sse"), (3, body.len() as u64));
    });
}

#[test]
fn those_of_a_run_and_of_its_follower_move_too() {
    measured(async |snapshotter| {
        let client = Client::new(Feed);
        let mut answer = client.post("/feed/job").start();
        answer.packets::<String, 3>().await;
        let run = moved(&snapshotter, "run");
        assert_eq!(run, (3, 0));
        answer.packets::<String, 2>().await;
        let (packets, bytes) = moved(&snapshotter, "sse");
        assert!(packets == 2 && bytes > 0, "{packets} packets, {bytes} bytes");
        client.cancel(answer.run()).await;
        answer.failed().await;
    });
}
