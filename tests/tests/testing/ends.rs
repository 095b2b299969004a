//! What a test sees around the end of a stream: the packets before it, and the bytes after it.

use std::{convert::Infallible, time::Duration};

use axum::{Router, body::Body, http::StatusCode, response::IntoResponse, routing::get};
use futures_util::{StreamExt as _, stream};
use outflow::{action, controller, test::Client};
use serde_json::{Value, json};
use tokio::time::sleep;

struct Basket;

#[controller]
impl Basket {
    #[action]
    async fn fill(&self) -> Result<(), StatusCode> {
        self.stream("apple");
        self.stream(2);
        sleep(Duration::from_secs(1)).await;
        self.stream("pear");
        Err(StatusCode::CONFLICT)
    }
}

#[tokio::test(start_paused = true)]
async fn the_packets_before_a_failure_and_before_a_cut() {
    let client = Client::new(Basket);
    let mut answer = client.get("/basket/fill").start();
    assert_eq!(answer.failed().await.status(), StatusCode::CONFLICT);
    assert_eq!(answer.unread::<Value>(), [json!("apple"), json!(2), json!("pear")]);
    assert!(answer.unread::<Value>().is_empty(), "they are read now");

    let mut answer = client.get("/basket/fill").accept("application/x-ndjson").start();
    assert_eq!(answer.packet::<String>().await, "apple");
    assert_eq!(answer.unread::<u32>(), [2], "what has come so far");
    answer.cut().await;
    assert_eq!(answer.unread::<String>(), ["pear"]);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the packet \"apple\" is of another type: invalid type: string")]
async fn an_unread_packet_of_another_type() {
    let client = Client::new(Basket);
    let mut answer = client.get("/basket/fill").start();
    answer.failed().await;
    answer.unread::<u32>();
}

/// A foreign server, whose body goes on after the event that is the end.
async fn late() -> impl IntoResponse {
    let pieces = stream::iter(["event: done\ndata: 7\n\n", ": late\n\n"]).then(async |piece| {
        sleep(Duration::from_secs(1)).await;
        Ok::<_, Infallible>(piece)
    });
    ([("content-type", "text/event-stream"), ("x-response-type", "stream")], Body::from_stream(pieces))
}

#[tokio::test(start_paused = true)]
async fn the_bytes_after_the_end() {
    let client = Client::new(Router::new().route("/late", get(late)));
    let mut answer = client.get("/late").start();
    assert_eq!(answer.done::<u32>().await, 7);
    let body = "event: done\ndata: 7\n\n: late\n\n";
    assert_eq!(answer.wire().await, body);
    assert_eq!(client.get("/late").start().text().await, body);
}
