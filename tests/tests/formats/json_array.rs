//! `json(array)`: the packets as a plain JSON array.

use std::{future::pending, time::Duration};

use axum::http::StatusCode;
use outflow::{action, controller, format::JSON_ARRAY, test::Client};

struct Rows;

#[controller]
impl Rows {
    #[action(formats(json(array)))]
    async fn two(&self) -> &'static str {
        self.stream("one");
        self.stream([2, 3]);
        "a result without a place"
    }

    #[action(formats(json(array)))]
    async fn none(&self, flags: axum::http::HeaderMap) {
        if flags.contains_key("x-row") {
            self.stream("never");
        }
    }

    #[action(formats(sse, arrays::ARRAY))]
    async fn by_path(&self) {
        self.stream(1);
    }

    #[action(formats(json(array)))]
    async fn fails(&self) -> Result<(), StatusCode> {
        self.stream("one");
        Err(StatusCode::CONFLICT)
    }

    #[action(formats(json(array)), heartbeat = "5s", timeout = "12s")]
    async fn idle(&self) {
        self.stream(1);
        pending::<()>().await;
    }
}

mod arrays {
    pub const ARRAY: outflow::format::Representation = outflow::format::JSON_ARRAY;
}

#[tokio::test]
async fn it_holds_the_packets_alone() {
    let client = Client::new(Rows);
    let mut answer = client.get("/rows/two").start();
    let head = answer.head().await;
    assert_eq!(head.headers()["content-type"], "application/json");
    // It is no envelope, so a client of streams takes it as any JSON.
    assert!(!head.headers().contains_key("x-response-type"));
    assert_eq!(answer.wire().await, r#"["one",[2,3]]"#);
    assert_eq!(client.get("/rows/none").start().text().await, "[]");
    assert_eq!(client.get("/rows/by-path").accept("application/json").start().text().await, "[1]");
    assert_eq!(JSON_ARRAY.name, "json");
}

#[tokio::test]
async fn a_failure_cuts_it() {
    let client = Client::new(Rows);
    let mut answer = client.get("/rows/fails").start();
    assert_eq!(answer.head().await.status(), StatusCode::OK);
    answer.cut().await;
    assert_eq!(answer.wire().await, r#"["one""#);
}

#[tokio::test(start_paused = true)]
async fn its_heartbeat_is_white_space() {
    let client = Client::new(Rows).limit(Duration::from_secs(20));
    let mut answer = client.get("/rows/idle").start();
    assert_eq!(answer.wire().await, "[1\n\n");
}
