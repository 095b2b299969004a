//! What the metrics count of a run.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use outflow::{action, controller, test::Client};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn ready(&self) {
        self.stream("one");
        self.stream("two");
    }
}

/// The time to the first packet is counted once for the run and once for its follower, also where all packets are there
/// when the action ends.
#[test]
fn the_first_packet_of_a_run_is_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        let all = runtime.block_on(async { Client::new(Jobs).post("/jobs/ready").all::<String, ()>().await });
        assert_eq!(all.packets, ["one", "two"]);
    });
    let first_packets: BTreeMap<String, usize> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .filter(|(key, ..)| key.key().name() == "outflow_first_packet_seconds")
        .map(|(key, _, _, value)| {
            let format = key.key().labels().find(|label| label.key() == "format").unwrap().value().to_owned();
            let DebugValue::Histogram(times) = value else { panic!("no histogram: {value:?}") };
            (format, times.len())
        })
        .collect();
    assert_eq!(first_packets, BTreeMap::from([("run".to_owned(), 1), ("sse".to_owned(), 1)]));
}
