//! The main path: a method calls `self.stream`, and each packet arrives when it was sent.

use std::time::Duration;

use futures_util::{StreamExt as _, future::join_all, stream, stream::FuturesUnordered};
use outflow::{action, controller, test::Client};
use serde_json::{Value, json};
use tokio::{
    join, select,
    time::{Instant, sleep},
};

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
    let client = Client::new(StreamController);
    let start = Instant::now();
    let mut answer = client.get("/stream/test").start();
    let packets = answer.rest::<String, ()>().await.packets;
    assert_eq!(packets[0], "Starting stream test");
    assert!(packets[1..].iter().cloned().eq((1..=10).map(|i| format!("i={i}"))), "{packets:?}");
    assert_eq!(answer.arrivals(), [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(Duration::from_secs));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn packets_come_from_branches_of_join_and_select_and_from_macros() {
    let packets = Client::new(StreamController).get("/stream/branches").all::<Value, ()>().await.packets;
    assert_eq!(Value::from(packets), json!(["a1", "b1", "a2", "selected", 3, "printed", "matched"]));
}

/// Half a megabyte through frames of 16 KiB: the senders block each other all the time.
#[tokio::test]
async fn concurrent_senders_lose_and_repeat_nothing() {
    let all = Client::new(StreamController).get("/stream/crowd").all::<(usize, i32, String), ()>().await;
    let mut next = [0; 52];
    for (sender, number, _) in all.packets {
        assert_eq!(number, next[sender], "sender {sender}");
        next[sender] += 1;
    }
    assert_eq!(next[..50], [100; 50]);
    assert_eq!(next[50..], [10; 2]);
}
