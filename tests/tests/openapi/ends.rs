//! What is sent agrees with the document at each end of an action: done, failed, panicked, too late; in a run that is
//! followed from the middle, before an end event, and in an array without an envelope.

use std::{fmt, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use outflow::{Controller as _, Problem, action, controller, openapi::Data};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    example::{Token, Usage},
    wire::{events, mistakes, text},
};
use crate::support::runs::KEY;

struct Ends;

#[controller]
impl Ends {
    #[action(path = "/of/{end}", item = Token, timeout = "1s")]
    async fn of(&self, end: String) -> Result<Usage, Problem> {
        self.stream(Token { word: end.clone(), probability: Some(0.5) });
        match &*end {
            "failed" => Err(Problem::new(StatusCode::CONFLICT).with("left", 3)),
            "panicked" => panic!("as it should"),
            "late" => {
                sleep(Duration::from_secs(9)).await;
                Ok(Usage { tokens: 0 })
            }
            _ => Ok(Usage { tokens: 1 }),
        }
    }

    #[action(post, item = Token, resumable)]
    async fn run(&self) -> Option<Usage> {
        for word in ["a", "b", "c"] {
            self.stream(Token { word: word.to_owned(), probability: None });
        }
        None
    }

    #[action(path = "/closed/{fails}", item = u8, formats(sse(end_event = "close")))]
    async fn closed(&self, fails: bool) -> Result<(), Problem> {
        self.stream(1_u8);
        if fails { Err(Problem::new(StatusCode::CONFLICT)) } else { Ok(()) }
    }

    #[action(item = Token, formats(json(array)))]
    async fn array(&self) {
        self.stream(Token { word: "a".to_owned(), probability: None });
    }
}

async fn body(app: &Router, method: Method, path: &str, accept: &str) -> String {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("accept", accept).header("idempotency-key", KEY).header("run-key", KEY);
    text(app, request.body(Body::empty()).unwrap()).await
}

/// Checks the values against the schema of one action and one format.
#[track_caller]
fn agree(path: &str, method: &str, format: &str, key: &str, values: &[Value]) {
    let document = Ends.openapi().sse(Data::Object);
    assert_eq!(mistakes(&document["paths"][path][method], &document, format, key, values), [""; 0], "{values:?}");
}

fn names(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["event"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_end_of_an_action_agrees() {
    let app = Ends.into_router();
    for (end, last) in [("done", "done"), ("failed", "error"), ("panicked", "error"), ("late", "error")] {
        let path = format!("/ends/of/{end}");
        let events = events(&body(&app, Method::GET, &path, "text/event-stream").await);
        assert_eq!(names(&events), ["", last], "{end}");
        agree("/ends/of/{end}", "get", "text/event-stream", "itemSchema", &events);

        let rows = body(&app, Method::GET, &path, "application/x-ndjson").await;
        let rows: Vec<Value> = rows.lines().map(json_of).collect();
        assert_eq!(rows, [json!({ "word": end, "probability": 0.5 })]);
        agree("/ends/of/{end}", "get", "application/x-ndjson", "itemSchema", &rows);

        let whole = json_of(&body(&app, Method::GET, &path, "application/json").await);
        assert_eq!(whole.get("error").is_some(), last == "error", "{whole}");
        agree("/ends/of/{end}", "get", "application/json", "schema", &[whole]);
    }
}

#[tokio::test]
async fn a_run_agrees_from_its_start_and_from_the_middle() {
    let app = Ends.into_router();
    let whole = events(&body(&app, Method::POST, "/ends/run", "text/event-stream").await);
    assert_eq!(names(&whole), ["", "", "", "done"]);
    assert_eq!(whole[3]["data"], Value::Null, "a result that may be missing is there");
    agree("/ends/run", "post", "text/event-stream", "itemSchema", &whole);

    let response = super::wire::response(&app, {
        let request = Request::post("/ends/run").header("idempotency-key", KEY).header("run-key", KEY);
        request.body(Body::empty()).unwrap()
    });
    let location = response.await.headers()["location"].to_str().unwrap().replace("./", "/ends/");
    let rest = events(&body(&app, Method::GET, &format!("{location}?after=2"), "text/event-stream").await);
    assert_eq!(names(&rest), ["", "done"]);
    agree("/ends/run/runs/{run}", "get", "text/event-stream", "itemSchema", &rest);
}

#[tokio::test]
async fn an_end_event_agrees() {
    let app = Ends.into_router();
    for (fails, expected) in [("false", ["", "done", "close"]), ("true", ["", "error", "close"])] {
        let events = events(&body(&app, Method::GET, &format!("/ends/closed/{fails}"), "text/event-stream").await);
        assert_eq!(names(&events), expected);
        agree("/ends/closed/{fails}", "get", "text/event-stream", "itemSchema", &events);
    }
}

#[tokio::test]
async fn an_array_agrees() {
    let app = Ends.into_router();
    let whole = json_of(&body(&app, Method::GET, "/ends/array", "application/json").await);
    assert!(whole.is_array());
    agree("/ends/array", "get", "application/json", "schema", &[whole]);
}

fn json_of(text: impl AsRef<str> + fmt::Debug) -> Value {
    serde_json::from_str(text.as_ref()).unwrap_or_else(|why| panic!("{why}: {text:?}"))
}
