//! Everything that is sent agrees with the document: each format at each ending. In a document with one branch swapped,
//! it does not.
//!
//! The events of `sse` are checked with the JSON in their data, which `contentSchema` describes.

use axum::{
    Router,
    body::Body,
    http::{Request, header},
    response::Response,
};
use futures_util::StreamExt as _;
use outflow::{
    Controller as _,
    openapi::{Data, Document},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::example::Chat;

/// The body of an answer to a question, as far as it came.
async fn body(format: &str, question: &str) -> String {
    let request = Request::post("/chat/7/answer")
        .header(header::ACCEPT, format)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "text": question }).to_string()))
        .unwrap();
    text(&Chat.into_router(), request).await
}

pub(super) async fn response(app: &Router, request: Request<Body>) -> Response {
    app.clone().oneshot(request).await.unwrap()
}

/// The body of an answer, as far as it came.
pub(super) async fn text(app: &Router, request: Request<Body>) -> String {
    let response = response(app, request).await;
    assert!(response.status().is_success());
    let mut frames = response.into_body().into_data_stream();
    let mut body = Vec::new();
    while let Some(Ok(frame)) = frames.next().await {
        body.extend_from_slice(&frame);
    }
    String::from_utf8(body).unwrap()
}

/// The events of a body, parsed (WHATWG HTML, section 9.2.6), with their data read as JSON.
pub(super) fn events(body: &str) -> Vec<Value> {
    let blocks = body.split("\n\n").filter(|block| !block.is_empty());
    let event = |block: &str| {
        let mut event = json!({});
        for line in block.lines().filter(|line| !line.starts_with(':')) {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            event[field] = match field {
                "data" => serde_json::from_str(value).unwrap_or_else(|_| value.into()),
                "retry" => value.parse::<u64>().unwrap().into(),
                _ => value.into(),
            };
        }
        event
    };
    blocks.map(event).collect()
}

fn document() -> Document {
    Chat.openapi().sse(Data::Object)
}

/// The mistakes of answers to a question.
fn mistakes_of_answers(document: &Value, format: &str, key: &str, values: &[Value]) -> Vec<String> {
    mistakes(&document["paths"]["/chat/{room}/answer"]["post"], document, format, key, values)
}

/// The mistakes of these values, by the schema of an operation in this format.
pub(super) fn mistakes(operation: &Value, document: &Value, format: &str, key: &str, values: &[Value]) -> Vec<String> {
    let schema = &operation["responses"]["200"]["content"][format][key];
    assert!(schema.is_object(), "{format} has no {key}");
    let root = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::options().should_validate_formats(true).build(&root).unwrap();
    values
        .iter()
        .flat_map(|value| validator.iter_errors(value).map(|error| error.to_string()).collect::<Vec<_>>())
        .collect()
}

#[tokio::test]
async fn events_agree() {
    for (question, packets, end) in [("a b", 2, "done"), ("a b c!", 3, "error"), ("", 1, "done")] {
        let events = events(&body("text/event-stream", question).await);
        assert_eq!(events.len(), packets + 1);
        assert_eq!(events[packets]["event"], end);
        assert_eq!(mistakes_of_answers(&document(), "text/event-stream", "itemSchema", &events), [""; 0]);
    }
}

#[tokio::test]
async fn rows_agree() {
    for question in ["a b", "a b!"] {
        let body = body("application/x-ndjson", question).await;
        let rows: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(mistakes_of_answers(&document(), "application/x-ndjson", "itemSchema", &rows), [""; 0]);
    }
}

#[tokio::test]
async fn whole_documents_agree() {
    for (question, end) in [("a b", "result"), ("a b!", "error")] {
        let whole: Value = serde_json::from_str(&body("application/json", question).await).unwrap();
        assert!(whole.get(end).is_some());
        assert_eq!(mistakes_of_answers(&document(), "application/json", "schema", &[whole]), [""; 0]);
    }
}

/// With the result where the packets should be, and so on, every ending is found out.
#[tokio::test]
async fn a_swapped_branch_does_not_agree() {
    for (branch, other, question) in [(0, 1, "a b"), (1, 0, "a b"), (2, 1, "a b!")] {
        let mut swapped = serde_json::to_value(document()).unwrap();
        let branches = &mut swapped["paths"]["/chat/{room}/answer"]["post"]["responses"]["200"]["content"]["text/event-stream"]
            ["itemSchema"]["oneOf"];
        branches[branch]["properties"]["data"] = branches[other]["properties"]["data"].clone();
        let events = events(&body("text/event-stream", question).await);
        assert!(
            !mistakes_of_answers(&swapped, "text/event-stream", "itemSchema", &events).is_empty(),
            "branch {branch}"
        );
    }
}
