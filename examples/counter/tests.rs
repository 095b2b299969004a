//! The count, second by second, on a paused clock.

use std::time::Duration;

use outflow::test::Client;

use super::StreamController;

#[tokio::test(start_paused = true)]
async fn it_counts_to_ten_one_a_second() {
    let client = Client::new(StreamController);
    let mut answer = client.get("/stream/test").start();
    assert_eq!(answer.packet::<String>().await, "Starting stream test");
    for i in 1..=10 {
        assert_eq!(answer.packet::<String>().await, format!("i={i}"));
        assert_eq!(answer.arrivals()[i], Duration::from_secs(i as u64 - 1));
    }
    answer.done::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn it_stops_when_its_client_leaves() {
    let client = Client::new(StreamController);
    let mut answer = client.get("/stream/test").start();
    answer.packets::<String, 3>().await;
    answer.leave();
    client.dropped("/stream/test").await;
}
