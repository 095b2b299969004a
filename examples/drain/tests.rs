//! The streams while their server shuts down.

use std::time::Duration;

use axum::http::StatusCode;
use outflow::{Drain, test::Client};

use super::Clock;

/// A client of a server with the grace period of this example.
fn client() -> Client {
    Client::with_drain(Clock, Drain::new().grace(Duration::from_secs(20)))
}

#[tokio::test(start_paused = true)]
async fn ticks_break_off_so_that_the_client_comes_back() {
    let client = client();
    let mut answer = client.get("/clock/ticks").start();
    assert_eq!(answer.packets::<String, 2>().await, ["tick", "tick"]);
    client.drain();
    answer.cut().await;
}

#[tokio::test(start_paused = true)]
async fn a_countdown_may_finish() {
    let client = client();
    let mut answer = client.get("/clock/countdown").start();
    assert_eq!(answer.packets::<u32, 3>().await, [10, 9, 8]);
    client.drain();
    assert_eq!(answer.rest::<u32, ()>().await.packets, [7, 6, 5, 4, 3, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_ends_the_countdown_too() {
    let client = client();
    let mut answer = client.get("/clock/countdown").start();
    answer.packet::<u32>().await;
    client.shut_down();
    assert_eq!(answer.failed().await.status(), StatusCode::SERVICE_UNAVAILABLE);
}
