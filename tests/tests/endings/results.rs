//! Actions that return: with a result, without one, and before their first packet.

use axum::http::StatusCode;
use outflow::{action, controller, test::Client};

struct Ends;

#[controller]
impl Ends {
    #[action]
    async fn nothing(&self) {
        self.stream(1);
    }

    #[action]
    async fn at_once(&self) {
        if false {
            self.stream(1);
        }
    }

    #[action]
    async fn unit_ok(&self) -> Result<(), StatusCode> {
        self.stream(1);
        Ok(())
    }

    #[action]
    async fn null(&self) -> Option<u8> {
        self.stream(1);
        None
    }
}

const DONE: &str = "event: done\nid: outflow-end\ndata:";

#[tokio::test(start_paused = true)]
async fn an_action_that_returns_nothing_is_done_without_a_result() {
    let client = Client::new(Ends);
    for path in ["/ends/nothing", "/ends/unit-ok"] {
        assert_eq!(client.get(path).start().wire().await, format!("data: 1\n\n{DONE}\n\n"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_of_null_is_not_no_result() {
    let body = Client::new(Ends).get("/ends/null").start().wire().await;
    assert_eq!(body, format!("data: 1\n\n{DONE} null\n\n"));
}

#[tokio::test(start_paused = true)]
async fn an_action_that_ends_before_its_first_packet_is_a_stream_all_the_same() {
    let client = Client::new(Ends);
    let mut answer = client.get("/ends/at-once").start();
    let head = answer.head().await;
    assert_eq!(
        (head.status(), &head.headers()["content-type"]),
        (StatusCode::OK, &"text/event-stream".parse().unwrap())
    );
    assert_eq!(answer.wire().await, format!("{DONE}\n\n"));
}

/// An `EventSource` reconnects after every end, and only a 204 stops it.
#[tokio::test(start_paused = true)]
async fn an_event_source_that_has_seen_the_end_is_stopped() {
    let client = Client::new(Ends);
    let mut answer = client.get("/ends/nothing").header("last-event-id", "outflow-end").start();
    assert_eq!(answer.head().await.status(), StatusCode::NO_CONTENT);
    assert_eq!(answer.wire().await, "");
}
