//! The response of an error that comes after the first packet, in the formats that can carry it besides event streams,
//! which `failures.rs` tests. The body is cut in formats that have no place for a failure.

use axum::{
    Json,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use outflow::{action, controller, test::Client};
use serde_json::json;

/// An error, and its form in `json` and in `hazaar`.
const TABLE: [(&str, &str, &str); 8] = [
    (
        "text",
        r#"{"detail":"no \"tea\": ž","status":418,"title":"I'm a teapot","type":"about:blank"}"#,
        r#"{"error":{"status":418,"str":"no \"tea\": \u017e","type":"I'm a teapot"},"ok":false}"#,
    ),
    (
        "nothing",
        r#"{"status":418,"title":"I'm a teapot","type":"about:blank"}"#,
        r#"{"error":{"status":418,"str":"I'm a teapot","type":"I'm a teapot"},"ok":false}"#,
    ),
    (
        "problem",
        r#"{"detail":"only tea","pot":7,"status":418,"title":"Tea","type":"/tea"}"#,
        r#"{"error":{"status":418,"str":"only tea","type":"Tea"},"ok":false}"#,
    ),
    (
        "members",
        r#"{"code":12,"status":418,"title":"I'm a teapot","type":"about:blank"}"#,
        r#"{"error":{"status":418,"str":"I'm a teapot","type":"I'm a teapot"},"ok":false}"#,
    ),
    (
        "long",
        r#"{"detail":"the error's own description is longer than 64 KiB and was left out","status":418,"title":"I'm a teapot","type":"about:blank"}"#,
        r#"{"error":{"status":418,"str":"the error's own description is longer than 64 KiB and was left out","type":"I'm a teapot"},"ok":false}"#,
    ),
    (
        "success",
        r#"{"detail":"all is well","status":500,"title":"Internal Server Error","type":"about:blank"}"#,
        r#"{"error":{"status":500,"str":"all is well","type":"Internal Server Error"},"ok":false}"#,
    ),
    (
        "redirect",
        r#"{"status":500,"title":"Internal Server Error","type":"about:blank"}"#,
        r#"{"error":{"status":500,"str":"Internal Server Error","type":"Internal Server Error"},"ok":false}"#,
    ),
    (
        "unknown",
        r#"{"detail":"a status without a name","status":599,"title":"Error","type":"about:blank"}"#,
        r#"{"error":{"status":599,"str":"a status without a name","type":"Error"},"ok":false}"#,
    ),
];

/// The most bytes of an error's response that are read.
const LIMIT: usize = 64 * 1024;

fn response(what: &str) -> Response {
    let teapot = StatusCode::IM_A_TEAPOT;
    match what {
        "text" => (teapot, [("x-reason", "tea")], "no \"tea\": ž").into_response(),
        "nothing" => teapot.into_response(),
        "problem" => {
            let body = r#"{"type":"/tea","title":"Tea","detail":"only tea","status":200,"pot":7}"#;
            (teapot, [(CONTENT_TYPE, "Application/Problem+JSON; charset=utf-8")], body).into_response()
        }
        "members" => (teapot, Json(json!({ "code": 12 }))).into_response(),
        "long" => (teapot, "x".repeat(LIMIT + 1)).into_response(),
        "longest" => (teapot, "x".repeat(LIMIT)).into_response(),
        "success" => "all is well".into_response(),
        "redirect" => (StatusCode::SEE_OTHER, [("location", "/")]).into_response(),
        _ => (StatusCode::from_u16(599).unwrap(), "a status without a name").into_response(),
    }
}

struct Fails;

#[controller]
impl Fails {
    #[action(path = "/{what}")]
    async fn late(&self, what: String) -> Result<(), Response> {
        self.stream("first");
        Err(response(&what))
    }
}

#[tokio::test(start_paused = true)]
async fn the_document_and_the_frame_tell_the_error() {
    let client = Client::new(Fails);
    for (what, json, hazaar) in TABLE {
        for (accept, expected) in [
            ("application/json", format!("{{\"items\":[\"first\"],\"error\":{json}}}")),
            ("application/octet-stream;charset=ISO-8859-1", format!("5\0sfirst\0e{hazaar}")),
        ] {
            let mut answer = client.get(&format!("/fails/{what}")).accept(accept).start();
            let head = answer.head().await;
            assert_eq!(head.status(), StatusCode::OK);
            assert_eq!(head.headers().get("x-reason"), None, "the head has left before");
            answer.failed().await;
            assert_eq!(answer.wire().await, expected, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_description_of_64_kib_is_told() {
    let failed = Client::new(Fails).get("/fails/longest").accept("application/json").start().failed().await;
    assert_eq!(failed.detail(), "x".repeat(LIMIT));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_cut_tells_nothing() {
    let client = Client::new(Fails);
    for (accept, expected) in [
        ("application/x-ndjson", "\"first\"\n"),
        ("text/csv", "first\r\n"),
        ("text/plain", "first"),
        ("application/octet-stream", "first"),
    ] {
        for (what, ..) in TABLE {
            let mut answer = client.get(&format!("/fails/{what}")).accept(accept).start();
            answer.cut().await;
            assert_eq!(answer.wire().await, expected, "{what} as {accept}");
        }
    }
}
