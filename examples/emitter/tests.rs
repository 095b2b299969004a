//! The packets of a thread, and the end of its work.

use axum::http::StatusCode;
use outflow::test::Client;

use super::{Primes, count};

#[tokio::test(start_paused = true)]
async fn it_reports_each_percent_and_the_number_of_primes() {
    let all = Client::new(Primes).get("/primes/1000").all::<u64, usize>().await;
    assert_eq!((all.packets, all.result), ((1..=100).collect(), 168));
}

#[tokio::test(start_paused = true)]
async fn its_client_may_leave() {
    let client = Client::new(Primes);
    let mut answer = client.get("/primes/2000000").start();
    answer.packet::<u64>().await;
    answer.leave();
    client.dropped("/primes/2000000").await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_a_number() {
    let failed = Client::new(Primes).get("/primes/many").start().failed().await;
    assert_eq!(failed.status(), StatusCode::BAD_REQUEST);
}

#[test]
fn counting_stops_when_nobody_wants_the_number() {
    assert_eq!(count(1000, |percent| percent <= 50), 95, "the primes below 500");
}
