//! Actions that fail with an error of their own, before and after the first packet.

use std::{convert::Infallible, task::Poll};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use outflow::{Controller as _, action, controller};
use serde_json::{Value, json};

use crate::support::{frame, get, open_get, runs::post, send};

struct Ends;

/// An error of an action.
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

#[controller]
impl Ends {
    #[action(path = "/early/{how}")]
    async fn early(&self, how: String) -> Result<u8, Refusal> {
        let value = refuse(&how)?;
        self.stream(value);
        Ok(value)
    }

    #[action(path = "/status/{status}")]
    async fn status(&self, status: u16) -> Result<(), StatusCode> {
        self.stop(status).await
    }

    #[action(post, path = "/run/{status}", resumable)]
    async fn run(&self, status: u16) -> Result<(), StatusCode> {
        self.stop(status).await
    }

    async fn stop(&self, status: u16) -> Result<(), StatusCode> {
        if status > 0 {
            return Err(StatusCode::from_u16(status).unwrap());
        }
        self.stream("never");
        Ok(())
    }

    #[action(path = "/late/{how}")]
    async fn late(&self, how: String) -> Result<u8, Refusal> {
        self.stream("first");
        refuse(&how)
    }
}

fn app() -> Router {
    Ends.into_router()
}

const DONE: &str = "event: done\nid: outflow-end\ndata:";

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

/// `100` and `101` would keep the client waiting for more, and `304` would have it use an old response.
#[tokio::test]
async fn only_a_redirect_and_a_failure_keep_their_status_before_the_first_packet() {
    let as_they_are = [300, 301, 302, 303, 307, 308, 400, 404, 418, 500, 503, 599];
    let told_as_500 = [100, 101, 103, 199, 200, 201, 204, 205, 206, 226, 304];
    let expected =
        as_they_are.map(|status| (status, status)).into_iter().chain(told_as_500.map(|status| (status, 500)));
    for (status, expected) in expected {
        let reply = get(&app(), &format!("/ends/status/{status}")).await;
        assert_eq!(reply.status.as_u16(), expected, "{status}");
        let reply = send(&app(), post(&format!("/ends/run/{status}"))).await;
        assert_eq!(reply.status.as_u16(), expected, "{status} in a run");
    }
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
