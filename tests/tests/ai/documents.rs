//! Every end of an answer that is one document: its status tells a failure, whenever the action fails.

use std::{future::pending, time::Duration};

use axum::http::{StatusCode, header::CONTENT_TYPE};
use outflow::{action, ai::ChatRequest, controller, test::Client};
use serde_json::Value;

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
