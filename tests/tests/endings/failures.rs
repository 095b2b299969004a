//! How a stream ends: results, failures before and after the first packet, panics, packets that cannot be written.

use std::{convert::Infallible, fmt, panic::panic_any, task::Poll};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use outflow::{Controller as _, Packet, action, controller};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::{Value, json};

use crate::support::{frame, get, open_get, send};

struct Ends;

/// What an action of the tests fails with.
enum Refusal {
    Text,
    Empty,
    Problem,
    Members,
    Redirect,
    Long,
    /// A success, by its status.
    Success,
    /// A description that never ends, and one that breaks.
    Endless,
    Panicking,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let teapot = StatusCode::IM_A_TEAPOT;
        match self {
            Self::Text => (teapot, [("x-reason", "tea")], "short and stout").into_response(),
            Self::Empty => teapot.into_response(),
            Self::Problem => {
                let body = r#"{"type":"/tea","title":"Tea","detail":"only tea","status":200,"pot":7}"#;
                (teapot, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
            }
            Self::Members => (teapot, Json(json!({ "code": 12, "detail": "tea only" }))).into_response(),
            Self::Redirect => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
            Self::Long => (teapot, "x".repeat(64 * 1024 + 1)).into_response(),
            Self::Success => Json(json!({ "code": 1 })).into_response(),
            Self::Endless => {
                (teapot, Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())).into_response()
            }
            Self::Panicking => {
                let body = stream::poll_fn(|_| -> Poll<Option<Result<Bytes, Infallible>>> { panic!("a secret") });
                (teapot, Body::from_stream(body)).into_response()
            }
        }
    }
}

fn refuse(how: &str) -> Result<u8, Refusal> {
    Err(match how {
        "text" => Refusal::Text,
        "empty" => Refusal::Empty,
        "problem" => Refusal::Problem,
        "members" => Refusal::Members,
        "redirect" => Refusal::Redirect,
        "long" => Refusal::Long,
        "success" => Refusal::Success,
        "endless" => Refusal::Endless,
        "panicking" => Refusal::Panicking,
        _ => return Ok(1),
    })
}

/// Panics or fails when half of it has been written.
struct Broken {
    panics: bool,
}

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq([Half(self.panics, false), Half(self.panics, true)])
    }
}

struct Half(bool, bool);

impl Serialize for Half {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (_, false) => serializer.serialize_str("half"),
            (true, true) => panic!("half a secret"),
            (false, true) => Err(S::Error::custom("half a secret")),
        }
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a secret of the server");
    }
}

/// An error whose text is not for the client.
#[derive(Debug)]
struct Secret;

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret of the server")
    }
}

impl std::error::Error for Secret {}

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
    async fn unit_ok(&self) -> Result<(), Refusal> {
        self.stream(1);
        Ok(())
    }

    #[action]
    async fn null(&self) -> Option<u8> {
        self.stream(1);
        None
    }

    #[action(path = "/early/{how}")]
    async fn early(&self, how: String) -> Result<u8, Refusal> {
        let value = refuse(&how)?;
        self.stream(value);
        Ok(value)
    }

    #[action(path = "/late/{how}")]
    async fn late(&self, how: String) -> Result<u8, Refusal> {
        self.stream("first");
        refuse(&how)
    }

    #[action(path = "/bail/{early}")]
    async fn bail(&self, early: bool) -> anyhow::Result<()> {
        if !early {
            self.stream("first");
        }
        anyhow::ensure!(!early, Secret);
        anyhow::bail!(Secret)
    }

    #[action]
    async fn early_panic(&self) {
        if true {
            panic!("a secret of the server");
        }
        self.stream(1);
    }

    #[action]
    async fn late_panic(&self) {
        self.stream("first");
        panic!("a secret of the server");
    }

    /// What it panics with panics too.
    #[action]
    async fn bomb(&self) {
        self.stream("first");
        panic_any(Bomb);
    }

    /// Panics when it is dropped, after it has returned.
    #[action]
    async fn destructor(&self) {
        let _bomb = Bomb;
        self.stream("first");
    }

    #[action(path = "/broken/{panics}")]
    async fn broken(&self, panics: bool) {
        self.stream("first");
        self.stream(Broken { panics });
        self.stream("never sent");
    }

    #[action]
    async fn broken_result(&self) -> Broken {
        self.stream("first");
        Broken { panics: false }
    }

    #[action(path = "/refused/{what}")]
    async fn refused(&self, what: String) {
        self.stream("first");
        self.stream(match &*what {
            "bytes" => Packet::bytes("bytes"),
            "event" => Packet::json(&1).event("a\nb"),
            "id" => Packet::json(&1).id("a\0b"),
            "done" => Packet::json(&1).event("done"),
            "error" => Packet::json(&1).event("error"),
            "end" => Packet::json(&1).id("outflow-end"),
            _ => Packet::json(&Broken { panics: false }),
        });
        self.stream("never sent");
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

#[tokio::test]
async fn a_failure_before_the_first_packet_is_an_ordinary_response() {
    let reply = get(&app(), "/ends/early/text").await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::IM_A_TEAPOT, "short and stout"));
    assert_eq!(reply.header("x-reason"), "tea");
    assert_eq!(reply.header("x-response-type"), "");

    let reply = get(&app(), "/ends/early/redirect").await;
    assert_eq!((reply.status, reply.header("location")), (StatusCode::FOUND, "/elsewhere"));

    let reply = get(&app(), "/ends/early/fine").await;
    assert_eq!(reply.body, format!("data: 1\n\n{DONE} 1\n\n"));
}

async fn problem(path: &str) -> Value {
    let reply = get(&app(), path).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.starts_with("data: \"first\"\n\nevent: error\n"), "{:?}", reply.body);
    reply.last_event("error")
}

#[tokio::test]
async fn a_failure_after_the_first_packet_is_a_problem_document() {
    let teapot = |more: Value| {
        let mut problem = json!({ "type": "about:blank", "title": "I'm a teapot", "status": 418 });
        problem.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        problem
    };
    assert_eq!(problem("/ends/late/text").await, teapot(json!({ "detail": "short and stout" })));
    assert_eq!(problem("/ends/late/empty").await, teapot(json!({})));
    assert_eq!(problem("/ends/late/members").await, teapot(json!({ "code": 12, "detail": "tea only" })));
    let passed = json!({ "type": "/tea", "title": "Tea", "detail": "only tea", "pot": 7 });
    assert_eq!(problem("/ends/late/problem").await, teapot(passed));
    let note = "the error's own description is longer than 64 KiB and was left out";
    assert_eq!(problem("/ends/late/long").await, teapot(json!({ "detail": note })));
}

#[tokio::test]
async fn a_failure_never_reads_as_a_success() {
    let expected = json!({ "type": "about:blank", "title": "Internal Server Error", "status": 500 });
    assert_eq!(problem("/ends/late/redirect").await, expected);
}

/// Before the first packet the status is all that tells.
#[tokio::test]
async fn an_error_with_a_status_of_success_is_a_500() {
    let reply = get(&app(), "/ends/early/success").await;
    assert_eq!((reply.status, reply.json()), (StatusCode::INTERNAL_SERVER_ERROR, json!({ "code": 1 })));
    assert_eq!(problem("/ends/late/success").await["status"], 500);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_does_not_describe_itself_holds_nothing_up() {
    let mut body = open_get(&app(), "/ends/late/endless").await.into_body();
    let start = tokio::time::Instant::now();
    assert_eq!(frame(&mut body).await.unwrap(), "data: \"first\"\n\n");
    assert_eq!(start.elapsed().as_secs(), 0);
    let expected = json!({
        "type": "about:blank",
        "title": "I'm a teapot",
        "status": 418,
        "detail": "the error's own description could not be read",
    });
    assert_eq!(problem("/ends/late/endless").await, expected);
    assert_eq!(problem("/ends/late/panicking").await, expected);
}

/// The text of a panic, of an `anyhow::Error` and of a packet's error is for the log alone.
#[tokio::test]
async fn what_breaks_inside_is_a_500_without_its_secrets() {
    let expected = json!({ "type": "about:blank", "title": "Internal Server Error", "status": 500 });
    let app = app();
    for path in ["/ends/early-panic", "/ends/bail/true"] {
        let reply = get(&app, path).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(reply.json(), expected, "{path}");
    }
    for path in [
        "/ends/late-panic",
        "/ends/bomb",
        "/ends/destructor",
        "/ends/bail/false",
        "/ends/broken/true",
        "/ends/broken/false",
        "/ends/broken-result",
        "/ends/refused/bytes",
        "/ends/refused/event",
        "/ends/refused/id",
        "/ends/refused/done",
        "/ends/refused/error",
        "/ends/refused/end",
        "/ends/refused/value",
    ] {
        let error = format!("data: \"first\"\n\nevent: error\nid: outflow-end\ndata: {expected}\n\n");
        let reply = get(&app, path).await;
        assert_eq!(reply.body, error, "{path}");
    }
}

/// An `EventSource` reconnects after every end, and only a 204 stops it.
#[tokio::test]
async fn an_event_source_that_has_seen_the_end_is_stopped() {
    let request = axum::http::Request::get("/ends/nothing").header("last-event-id", "outflow-end");
    let reply = send(&app(), request).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::NO_CONTENT, ""));
}
