//! The count, second by second, on a paused clock.

use std::time::Duration;

use outflow::test::Client;

use super::StreamController;

#[tokio::test(start_paused = true)]
async fn it_counts_to_ten_one_a_second() {
    let client = Client::new(StreamController);
    let mut answer = client.get("/stream/test").start();
    assert_eq!(answer.packet::<String>().await, "Starting stream test");
    let numbers = answer.rest::<String, ()>().await.packets;
    assert_eq!(numbers, (1..=10).map(|i| format!("i={i}")).collect::<Vec<_>>());
    assert_eq!(answer.arrivals()[1..], (0..=9).map(Duration::from_secs).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn it_stops_when_its_client_leaves() {
    let client = Client::new(StreamController);
    let mut answer = client.get("/stream/test").start();
    answer.packets::<String, 3>().await;
    answer.leave();
    client.dropped("/stream/test").await;
}
