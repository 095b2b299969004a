//! What a document says about each action.

use serde_json::{Value, json};

use super::example::Chat;

fn operation(path: &str, method: &str) -> Value {
    let document = Chat.openapi();
    document["paths"][path][method].clone()
}

/// The whole document of the example, to look at. `PRINT=file` writes it.
#[test]
fn the_example_has_no_gaps() {
    let document = Chat.openapi().info("Chat", "1.0.0");
    if let Some(file) = std::env::var_os("PRINT") {
        std::fs::write(file, document.to_string()).unwrap();
    }
    assert_eq!(document.gaps(), []);
}

#[test]
fn two_runs_give_the_same_bytes() {
    assert_eq!(Chat.openapi().to_string(), Chat.openapi().to_string());
}

#[test]
fn an_action_that_streams() {
    let answer = operation("/chat/{room}/answer", "post");
    assert_eq!(answer["operationId"], "chat_answer");
    assert_eq!(answer["tags"], json!(["Chat"]));
    assert_eq!(answer["summary"], "Answers a question, word by word.");
    assert_eq!(answer["description"], "The tokens come as the model makes them.");
    assert_eq!(answer["parameters"][0]["name"], "room");
    assert_eq!(answer["parameters"][0]["schema"]["type"], "integer");
    let body = &answer["requestBody"];
    assert_eq!(body["required"], true);
    assert_eq!(body["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Question");
    let content = &answer["responses"]["200"]["content"];
    assert_eq!(content["application/x-ndjson"]["itemSchema"]["$ref"], "#/components/schemas/Token");
    let branches = content["text/event-stream"]["itemSchema"]["oneOf"].as_array().unwrap();
    let data = |branch: usize| branches[branch]["properties"]["data"]["contentSchema"]["$ref"].as_str().unwrap();
    assert_eq!(
        [data(0), data(1), data(2)],
        ["Token", "Usage", "Problem"].map(|name| format!("#/components/schemas/{name}"))
    );
    assert_eq!(answer["x-outflow"]["packet"]["$ref"], "#/components/schemas/Token");
    assert_eq!(answer["x-outflow"]["result"]["$ref"], "#/components/schemas/Usage");
    assert_eq!(answer["x-outflow"]["formats"][0], json!({ "name": "sse", "contentType": "text/event-stream" }));
    assert!(answer["responses"]["406"].is_object() && answer["responses"]["default"].is_object());
}

#[test]
fn a_deprecated_action() {
    assert_eq!(operation("/chat/raw", "put")["deprecated"], true);
}

#[test]
fn the_runs_of_a_resumable_action() {
    let job = operation("/chat/job", "post");
    assert_eq!(job["x-outflow"]["resumable"], json!({ "run": "/chat/job/runs/{run}", "key": "url" }));
    assert_eq!(operation("/chat/job/runs/{run}", "get")["operationId"], "chat_job_follow");
    assert_eq!(operation("/chat/job/runs/{run}", "delete")["operationId"], "chat_job_cancel");
}
