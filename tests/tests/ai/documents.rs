//! Every end of an answer that is one document: its status tells a failure, whenever the action fails.

use std::{future::pending, time::Duration};

use axum::http::{StatusCode, header::CONTENT_TYPE};
use outflow::{action, ai::ChatRequest, controller, test::Client};
use serde_json::{Value, json};

use super::question;

/// The formats that have documents.
const FORMATS: [&str; 3] = ["openai_chat", "openai_responses", "anthropic"];

struct Answers;

#[controller]
impl Answers {
    #[action(post, formats(openai_chat, openai_responses, anthropic))]
    async fn finishes(&self, _request: ChatRequest) {
        self.stream("half an ");
        self.stream("answer");
    }

    #[action(post, formats(openai_chat, openai_responses, anthropic))]
    async fn early(&self, _request: ChatRequest) -> Result<(), (StatusCode, &'static str)> {
        if true {
            return Err((StatusCode::TOO_MANY_REQUESTS, "come back tomorrow"));
        }
        self.stream("never");
        Ok(())
    }

    #[action(post, formats(openai_chat, openai_responses, anthropic))]
    async fn late(&self, _request: ChatRequest) -> Result<(), (StatusCode, &'static str)> {
        self.stream("half an ");
        Err((StatusCode::SERVICE_UNAVAILABLE, "the model is overloaded"))
    }

    #[action(post, formats(openai_chat, openai_responses, anthropic))]
    async fn panics(&self, _request: ChatRequest) {
        self.stream("half an ");
        panic!("a secret of the server");
    }

    #[action(post, formats(openai_chat, openai_responses, anthropic), timeout = "1m")]
    async fn slow(&self, _request: ChatRequest) {
        self.stream("half an ");
        pending::<()>().await;
    }

    #[action(post, formats(openai_chat))]
    async fn chunks(&self, _request: ChatRequest) {
        // The calls take turns, and the server repeats an id or leaves it empty.
        for (index, id, arguments) in [(0, "a", "["), (1, "b", "{"), (0, "a", "1"), (1, "", "}"), (0, "", "]")] {
            let call = json!({ "index": index, "id": id, "function": { "arguments": arguments } });
            let choice = json!({ "index": 0, "delta": { "tool_calls": [call] } });
            self.stream(json!({ "object": "chat.completion.chunk", "choices": [choice] }));
        }
    }

    #[action(post, formats(anthropic))]
    async fn blocks(&self, _request: ChatRequest) {
        let block = json!({ "type": "tool_use", "id": "a", "name": "look", "input": {} });
        self.stream(json!({ "type": "content_block_start", "index": 0, "content_block": block }));
        let delta = json!({ "type": "input_json_delta", "partial_json": "" });
        self.stream(json!({ "type": "content_block_delta", "index": 0, "delta": delta }));
        self.stream(json!({ "type": "content_block_stop", "index": 0 }));
        let delta = json!({ "stop_reason": "stop_sequence", "stop_sequence": "END" });
        self.stream(json!({ "type": "message_delta", "delta": delta }));
    }

    #[action(post, formats(openai_chat, openai_responses, anthropic))]
    async fn endless(&self, _request: ChatRequest) {
        self.stream("half an ");
        pending::<()>().await;
    }
}

/// The request of a client that wants no stream.
fn ask<'a>(client: &'a Client, path: &str, format: &str) -> outflow::test::Request<'a> {
    let mut question = question(format, "hello");
    question["stream"] = false.into();
    let request = client.post(path).json(&question).accept("application/json");
    if format == "anthropic" { request.header("anthropic-version", "2023-06-01") } else { request }
}

#[tokio::test(start_paused = true)]
async fn each_end_has_its_status_and_the_protocols_error() {
    let client = Client::new(Answers).limit(Duration::from_secs(100));
    for (action, status, message) in [
        ("finishes", StatusCode::OK, None),
        ("early", StatusCode::TOO_MANY_REQUESTS, Some("come back tomorrow")),
        ("late", StatusCode::SERVICE_UNAVAILABLE, Some("the model is overloaded")),
        ("panics", StatusCode::INTERNAL_SERVER_ERROR, Some("Internal Server Error")),
        ("slow", StatusCode::GATEWAY_TIMEOUT, Some("the action took too long")),
    ] {
        for format in FORMATS {
            let mut answer = ask(&client, &format!("/answers/{action}"), format).start();
            let head = answer.head().await;
            assert_eq!(head.status(), status, "{action} {format}");
            assert_eq!(head.headers()[CONTENT_TYPE], "application/json", "{action} {format}");
            let document: Value = serde_json::from_slice(&answer.wire().await).unwrap();
            assert_eq!(document["error"]["message"].as_str(), message, "{action} {format}: {document}");
            let has_text = document.to_string().contains("half an answer");
            assert_eq!(has_text, message.is_none(), "{action} {format}: {document}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_ends_the_action() {
    for format in FORMATS {
        let client = Client::new(Answers);
        let mut answer = ask(&client, "/answers/endless", format).start();
        client.held("/answers/endless").await;
        answer.leave();
        client.dropped("/answers/endless").await;
    }
}

#[tokio::test(start_paused = true)]
async fn chunks_of_another_server_add_up_to_its_tool_calls() {
    let client = Client::new(Answers);
    let document: Value =
        serde_json::from_slice(&ask(&client, "/answers/chunks", "openai_chat").start().wire().await).unwrap();
    let calls = document["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    let calls: Vec<_> = calls.iter().map(|call| (&call["id"], &call["function"]["arguments"])).collect();
    assert_eq!(calls, [(&json!("a"), &json!("[1]")), (&json!("b"), &json!("{}"))], "{document}");
}

#[tokio::test(start_paused = true)]
async fn blocks_of_another_server_keep_an_empty_input_and_the_stop_sequence() {
    let client = Client::new(Answers);
    let document: Value =
        serde_json::from_slice(&ask(&client, "/answers/blocks", "anthropic").start().wire().await).unwrap();
    assert_eq!(document["content"][0]["input"], json!({}), "{document}");
    assert_eq!((&document["stop_reason"], &document["stop_sequence"]), (&json!("stop_sequence"), &json!("END")));
}
