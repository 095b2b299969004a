//! The road: a method calls `self.stream`, the packets arrive, each when it was sent.

use std::time::Duration;

use futures_util::{StreamExt as _, future::join_all, stream, stream::FuturesUnordered};
use outflow::{Controller as _, action, controller};
use tokio::{
    join, select,
    time::{Instant, sleep},
};

use crate::support::{each_frame, get, open_get};

struct StreamController;

#[controller]
impl StreamController {
    #[action]
    async fn test(&self) {
        self.stream("Starting stream test");
        for i in 1..=10 {
            self.stream(format!("i={i}"));
            sleep(Duration::from_secs(1)).await;
        }
    }

    #[action]
    async fn branches(&self) {
        let (a, b) = join!(
            async {
                self.stream("a1");
                sleep(Duration::from_millis(20)).await;
                self.stream("a2");
                1
            },
            async {
                sleep(Duration::from_millis(10)).await;
                self.stream("b1");
                2
            },
        );
        select! {
            () = sleep(Duration::from_secs(9)) => self.stream("late"),
            () = async { self.stream("selected") } => self.stream(a + b),
        }
        for _ in 0..1 {
            println!("{:?}", self.stream("printed"));
        }
        match a {
            1 => self.stream("matched").await,
            _ => {}
        }
    }

    #[action]
    async fn crowd(&self) {
        let tasks: FuturesUnordered<_> = (0..50)
            .map(|i| async move {
                for j in 0..100 {
                    self.stream((i, j, "x".repeat(100)));
                }
            })
            .collect();
        tasks.collect::<Vec<_>>().await;
        stream::iter(0..10).for_each_concurrent(None, |i| async move { self.stream((50, i, "")) }).await;
        join_all((0..10).map(|i| async move { self.stream((51, i, "")) })).await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_packet_arrives_when_it_is_sent() {
    let app = StreamController.into_router();
    let start = Instant::now();
    let body = open_get(&app, "/stream/test").await.into_body();
    let mut arrivals = Vec::new();
    each_frame(body, |text| arrivals.push((start.elapsed().as_secs(), text))).await;
    let packet = |text: &str| format!("data: \"{text}\"\n\n");
    // The first two are ready together, so they leave together.
    let mut expected = vec![(0, packet("Starting stream test") + &packet("i=1"))];
    expected.extend((2..=10).map(|i| (i - 1, packet(&format!("i={i}")))));
    expected.push((10, "event: done\nid: outflow-end\ndata:\n\n".to_owned()));
    assert_eq!(arrivals, expected);
}

#[tokio::test(start_paused = true)]
async fn packets_come_from_branches_of_join_and_select_and_from_macros() {
    let reply = get(&StreamController.into_router(), "/stream/branches").await;
    let packets: Vec<_> = reply.body.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect();
    assert_eq!(packets, [r#""a1""#, r#""b1""#, r#""a2""#, r#""selected""#, "3", r#""printed""#, r#""matched""#]);
}

/// Half a megabyte through frames of 16 KiB: the senders block each other all the time.
#[tokio::test]
async fn concurrent_senders_lose_and_repeat_nothing() {
    let reply = get(&StreamController.into_router(), "/stream/crowd").await;
    let mut next = [0; 52];
    for event in reply.body.split("\n\n").filter_map(|event| event.strip_prefix("data: ")) {
        let (sender, number, _): (usize, i32, String) = serde_json::from_str(event).unwrap();
        assert_eq!(number, next[sender], "sender {sender}");
        next[sender] += 1;
    }
    assert_eq!(next[..50], [100; 50]);
    assert_eq!(next[50..], [10; 2]);
}
