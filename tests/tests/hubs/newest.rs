//! `self.latest`: the newest value, whenever the client can take one.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::http::StatusCode;
use outflow::{Hub, SourceEnded, action, controller, test::Client};
use serde::{Serialize, Serializer};
use tokio::sync::watch;

use super::watched;
use crate::support::until;

/// A value with some bytes behind it, which counts how often it is serialized.
#[derive(Clone)]
struct Value {
    number: u32,
    padding: usize,
    serialized: Arc<AtomicUsize>,
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialized.fetch_add(1, Ordering::Relaxed);
        (self.number, "x".repeat(self.padding)).serialize(serializer)
    }
}

struct Weather {
    value: watch::Receiver<Value>,
    hub: Hub<u32>,
}

#[controller]
impl Weather {
    #[action(item = Value)]
    async fn now(&self) -> Result<(), SourceEnded> {
        Err(self.latest(self.value.clone()))
    }

    #[action]
    async fn until_it_ends(&self) -> &'static str {
        let SourceEnded = self.latest(self.value.clone());
        "it has ended"
    }

    #[action(item = u32)]
    async fn topic(&self) -> Result<(), SourceEnded> {
        Err(self.latest(self.hub.watch("a")))
    }
}

fn weather(padding: usize) -> (watch::Sender<Value>, Hub<u32>, Client, Arc<AtomicUsize>) {
    let serialized = Arc::<AtomicUsize>::default();
    let (sender, value) = watch::channel(Value { number: 0, padding, serialized: serialized.clone() });
    let hub = Hub::new();
    let client = Client::new(Weather { value, hub: hub.clone() });
    (sender, hub, client, serialized)
}

#[tokio::test(start_paused = true)]
async fn the_last_value_comes_at_once_and_then_the_newest_serialized_once_for_all() {
    let (sender, _, client, serialized) = weather(1);
    let mut answers: Vec<_> = ["text/event-stream", "application/x-ndjson", "application/json"]
        .map(|format| client.get("/weather/now").accept(format).start())
        .into();
    for number in 0..3 {
        sender.send_modify(|value| value.number = number);
        for answer in &mut answers {
            // The client may have got the value before it was sent again.
            while answer.packet::<(u32, String)>().await.0 != number {}
        }
    }
    let count = serialized.load(Ordering::Relaxed);
    assert!(count <= 4, "{count}");
    answers.iter_mut().for_each(outflow::test::Answer::leave);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_ends_is_a_failure_or_a_success_as_the_action_says() {
    let (sender, _, client, _) = weather(1);
    let mut fails = client.get("/weather/now").start();
    let mut ends = client.get("/weather/until-it-ends").start();
    assert_eq!(fails.packet::<(u32, String)>().await.0, 0);
    assert_eq!(ends.packet::<(u32, String)>().await.0, 0);
    sender.send_modify(|value| value.number = 1);
    drop(sender);
    for answer in [&mut fails, &mut ends] {
        assert_eq!(answer.packet::<(u32, String)>().await.0, 1);
    }
    assert_eq!(fails.failed().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ends.done::<String>().await, "it has ended");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stalls_gets_the_newest_and_few_old_ones() {
    // Each value is as large as a frame, so the pipe holds a dozen of them.
    let (sender, _, client, _) = weather(16 * 1024);
    let mut answer = client.get("/weather/now").start();
    answer.packet::<(u32, String)>().await;
    answer.stall();
    for number in 1..=500 {
        sender.send_modify(|value| value.number = number);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    answer.read_on();
    let mut numbers = vec![answer.packet::<(u32, String)>().await.0];
    while *numbers.last().unwrap() != 500 {
        numbers.push(answer.packet::<(u32, String)>().await.0);
    }
    assert!(numbers.is_sorted() && numbers.len() < 20, "{numbers:?}");
    answer.leave();
}

#[tokio::test(start_paused = true)]
async fn of_a_topic_it_is_the_last_packet_without_gaps() {
    let (_sender, hub, client, _) = weather(1);
    for number in 0..10 {
        hub.publish("a", &number).await.unwrap();
    }
    let mut answer = client.get("/weather/topic").start();
    assert_eq!(answer.packet::<u32>().await, 9);
    watched(&hub, "a", 1).await;
    for number in 10..5_000 {
        hub.publish("a", &number).await.unwrap();
    }
    let mut last = 9;
    let mut count = 0;
    while last != 4_999 {
        last = answer.packet::<u32>().await;
        count += 1;
    }
    assert!(count < 100, "{count}");
    answer.leave();
    until("the watcher is gone", async || hub.count("a") == 0).await;
}

/// The system's buffers are out of reach of a pipe.
#[tokio::test]
async fn over_tcp_few_old_values_are_left_in_the_buffers_of_the_system() {
    let (sender, _, client, _) = weather(16 * 1024);
    let client = client.tcp();
    let mut answer = client.get("/weather/now").start();
    answer.packet::<(u32, String)>().await;
    answer.stall();
    // Each of them is waited for until it can't be taken any more.
    for number in 1..=2_000 {
        sender.send_modify(|value| value.number = number);
        tokio::task::yield_now().await;
        if number % 20 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    answer.read_on();
    let mut numbers = vec![answer.packet::<(u32, String)>().await.0];
    while *numbers.last().unwrap() != 2_000 {
        numbers.push(answer.packet::<(u32, String)>().await.0);
    }
    // Without a bound, some hundred would fit into the buffers on the way.
    assert!(numbers.is_sorted() && numbers.len() < 80, "{}", numbers.len());
    answer.leave();
}
