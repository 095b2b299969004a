//! `json(array)`: the packets as a plain JSON array.

use std::{future::pending, time::Duration};

use axum::http::StatusCode;
use outflow::{Controller as _, action, controller, format::JSON_ARRAY, test::Client};

use crate::support::{get, get_as, wire::End};

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
    let app = Rows.into_router();
    let reply = get(&app, "/rows/two").await;
    assert_eq!((reply.header("content-type"), &*reply.body), ("application/json", r#"["one",[2,3]]"#));
    // It is no envelope, so a client of streams takes it as any JSON.
    assert_eq!(reply.header("x-response-type"), "");
    assert_eq!(get(&app, "/rows/none").await.body, "[]");
    let (reply, _) = get_as(&app, "/rows/by-path", "application/json").await;
    assert_eq!(reply.body, "[1]");
    assert_eq!(JSON_ARRAY.name, "json");
}

#[tokio::test]
async fn a_failure_cuts_it() {
    let (reply, end) = get_as(&Rows.into_router(), "/rows/fails", "*/*").await;
    assert_eq!((reply.status, &*reply.body, end), (StatusCode::OK, r#"["one""#, End::Cut));
}

#[tokio::test(start_paused = true)]
async fn its_heartbeat_is_white_space() {
    let client = Client::new(Rows).limit(Duration::from_secs(20));
    let mut answer = client.get("/rows/idle").start();
    assert_eq!(answer.wire().await, "[1\n\n");
}
