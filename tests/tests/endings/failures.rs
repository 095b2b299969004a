//! Actions that fail with an error of their own, before and after the first packet.

use std::{convert::Infallible, task::Poll, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use outflow::{action, controller, test::Client};
use serde_json::{Value, json};

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

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_first_packet_is_an_ordinary_response() {
    let client = Client::new(Ends);
    let mut answer = client.get("/ends/early/text").start();
    let head = answer.head().await;
    assert_eq!((head.status(), answer.wire().await), (StatusCode::IM_A_TEAPOT, "short and stout".into()));
    assert_eq!(head.headers()["x-reason"], "tea");
    assert_eq!(head.headers().get("x-response-type"), None);

    let head = client.get("/ends/early/redirect").start().head().await;
    assert_eq!((head.status(), &head.headers()["location"]), (StatusCode::FOUND, &"/elsewhere".parse().unwrap()));

    let fine = client.get("/ends/early/fine").all::<u8, u8>().await;
    assert_eq!((fine.packets, fine.result), (vec![1], 1));
}

/// The problem document of an action that fails after its first packet.
async fn problem(path: &str) -> Value {
    let client = Client::new(Ends);
    let mut answer = client.get(path).start();
    assert_eq!(answer.head().await.status(), StatusCode::OK);
    let failed = answer.failed().await;
    assert_eq!(answer.unread::<String>(), ["first"]);
    failed.problem().clone()
}

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
async fn a_failure_never_reads_as_a_success() {
    let expected = json!({ "type": "about:blank", "title": "Internal Server Error", "status": 500 });
    assert_eq!(problem("/ends/late/redirect").await, expected);
}

/// Before the first packet the status is all that tells.
#[tokio::test(start_paused = true)]
async fn an_error_with_a_status_of_success_is_a_500() {
    let failed = Client::new(Ends).get("/ends/early/success").start().failed().await;
    assert_eq!((failed.status(), failed.problem()), (StatusCode::INTERNAL_SERVER_ERROR, &json!({ "code": 1 })));
    assert_eq!(problem("/ends/late/success").await["status"], 500);
}

/// `100` and `101` would keep the client waiting for more, and `304` would have it use an old response.
#[tokio::test(start_paused = true)]
async fn only_a_redirect_and_a_failure_keep_their_status_before_the_first_packet() {
    let as_they_are = [300, 301, 302, 303, 307, 308, 400, 404, 418, 500, 503, 599];
    let told_as_500 = [100, 101, 103, 199, 200, 201, 204, 205, 206, 226, 304];
    let expected =
        as_they_are.map(|status| (status, status)).into_iter().chain(told_as_500.map(|status| (status, 500)));
    let client = Client::new(Ends);
    for (status, expected) in expected {
        let head = client.get(&format!("/ends/status/{status}")).start().head().await;
        assert_eq!(head.status().as_u16(), expected, "{status}");
        let head = client.post(&format!("/ends/run/{status}")).start().head().await;
        assert_eq!(head.status().as_u16(), expected, "{status} in a run");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_does_not_describe_itself_holds_nothing_up() {
    let client = Client::new(Ends);
    let mut answer = client.get("/ends/late/endless").start();
    assert_eq!(answer.packet::<String>().await, "first");
    assert_eq!(answer.arrivals(), [Duration::ZERO]);
    answer.leave();
    let expected = json!({
        "type": "about:blank",
        "title": "I'm a teapot",
        "status": 418,
        "detail": "the error's own description could not be read",
    });
    assert_eq!(problem("/ends/late/endless").await, expected);
    assert_eq!(problem("/ends/late/panicking").await, expected);
}
