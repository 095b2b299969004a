//! Actions that return: with a result, without one, and before their first packet.

use axum::{
    Router,
    http::{Request, StatusCode},
};
use outflow::{Controller as _, action, controller};

use crate::support::{get, send};

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

fn app() -> Router {
    Ends.into_router()
}

const DONE: &str = "event: done\nid: outflow-end\ndata:";

#[tokio::test]
async fn an_action_that_returns_nothing_is_done_without_a_result() {
    for path in ["/ends/nothing", "/ends/unit-ok"] {
        assert_eq!(get(&app(), path).await.body, format!("data: 1\n\n{DONE}\n\n"), "{path}");
    }
}

#[tokio::test]
async fn a_result_of_null_is_not_no_result() {
    assert_eq!(get(&app(), "/ends/null").await.body, format!("data: 1\n\n{DONE} null\n\n"));
}

#[tokio::test]
async fn an_action_that_ends_before_its_first_packet_is_a_stream_all_the_same() {
    let reply = get(&app(), "/ends/at-once").await;
    assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, "text/event-stream"));
    assert_eq!(reply.body, format!("{DONE}\n\n"));
}

/// An `EventSource` reconnects after every end, and only a 204 stops it.
#[tokio::test]
async fn an_event_source_that_has_seen_the_end_is_stopped() {
    let request = Request::get("/ends/nothing").header("last-event-id", "outflow-end");
    let reply = send(&app(), request).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::NO_CONTENT, ""));
}
