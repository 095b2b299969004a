//! Which face a request gets of an action that has many: stock clients are known by their bodies, whatever `Accept` they
//! send.

use axum::{
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use outflow::{
    action,
    ai::{ChatRequest, ToolCall, Usage},
    controller,
    format::{Notes, Pick, Prefer},
    test::Client,
};
use serde_json::{Value, json};

use super::{FORMATS, question, valid};

/// A request whose first line names a format, as its own or as a preference.
struct Script(String);

impl<S: Send + Sync> FromRequest<S> for Script {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let notes = Notes::of(request.extensions());
        let script = String::from_request(request, state).await.map_err(|error| error.into_response())?;
        match &*script {
            "pick" => notes.leave(Pick("ai_sdk")),
            "prefer" => notes.leave(Prefer("ag_ui")),
            _ => {}
        }
        Ok(Self(script))
    }
}

pub(super) struct Faces;

#[controller]
impl Faces {
    #[action(post, formats(sse, ai_sdk, json, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn all(&self, request: ChatRequest) -> Value {
        self.stream(request.prompt());
        self.stream(ToolCall::new("a", "look").input(json!({ "at": 1 })));
        self.stream(Usage::new(1, 2));
        json!({ "ok": true })
    }

    #[action(post, formats(sse, ai_sdk, ag_ui, ndjson))]
    async fn script(&self, script: Script) {
        self.stream(script.0);
    }

    #[action(post, formats(openai_chat), open_after = "1ms")]
    async fn slow(&self, _request: ChatRequest) -> Result<(), StatusCode> {
        self.stream("half an ");
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        Err(StatusCode::SERVICE_UNAVAILABLE)
    }
}

#[tokio::test(start_paused = true)]
async fn stock_clients_are_known_by_their_bodies() {
    let client = Client::new(Faces);
    for format in FORMATS {
        // Fetch in a browser, AG-UI's client, and OpenAI's and Anthropic's.
        let accepts: &[&str] = match format {
            "ai_sdk" => &["*/*", ""],
            "ag_ui" => &["text/event-stream"],
            _ => &["application/json", "*/*", "text/event-stream"],
        };
        for accept in accepts {
            let mut request = client.post("/faces/all").json(&question(format, "hello"));
            if !accept.is_empty() {
                request = request.accept(accept);
            }
            if format == "anthropic" {
                request = request.header("anthropic-version", "2023-06-01");
            }
            let stream = String::from_utf8(request.start().wire().await.to_vec()).unwrap();
            valid::check(format, &stream).unwrap_or_else(|why| panic!("{format} {accept}: {why}\n{stream}"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_accept_header_still_decides() {
    let client = Client::new(Faces);
    let question = question("ai_sdk", "hello");
    // What names one format is not overruled by the body.
    let request = client.post("/faces/all").json(&question);
    let stream = request.accept("text/event-stream;profile=ag-ui").start().wire().await;
    valid::check("ag_ui", std::str::from_utf8(&stream).unwrap()).unwrap();
    let all = client.post("/faces/all").json(&question).accept("application/json").all::<Value, Value>().await;
    assert_eq!((&all.packets[0], all.result), (&json!("hello"), json!({ "ok": true })), "the plain `json`");
    let call = json!({ "ai": "tool-call", "id": "a", "name": "look", "input": { "at": 1 } });
    assert_eq!(all.packets[1], call, "a packet in a format that knows nothing of it");
}

#[tokio::test(start_paused = true)]
async fn an_extractor_of_the_body_picks_or_prefers_a_format() {
    let client = Client::new(Faces);
    for (script, accept, starts) in [
        ("none", "*/*", "data: \"none\""),
        ("pick", "*/*", "data: {\"type\":\"start\"}"),
        ("pick", "application/x-ndjson", "data: {\"type\":\"start\"}"),
        ("prefer", "*/*", "data: {\"type\":\"RUN_STARTED\""),
        ("prefer", "text/event-stream", "data: {\"type\":\"RUN_STARTED\""),
        ("prefer", "application/x-ndjson", "\"prefer\"\n"),
    ] {
        let mut answer = client.post("/faces/script").accept(accept).body(script).start();
        let body = answer.wire().await;
        assert!(body.starts_with(starts.as_bytes()), "{script} {accept}: {}", String::from_utf8_lossy(&body));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_stream_there_is_one_document() {
    let client = Client::new(Faces);
    for format in ["openai_chat", "openai_responses", "anthropic"] {
        let mut question = question(format, "hello");
        question.as_object_mut().unwrap().remove("stream");
        let mut request = client.post("/faces/all").json(&question).accept("application/json");
        if format == "anthropic" {
            request = request.header("anthropic-version", "2023-06-01");
        }
        let mut answer = request.start();
        let head = answer.head().await;
        assert_eq!(head.headers()[CONTENT_TYPE], "application/json");
        assert!(!head.headers().contains_key("x-response-type"));
        let document: Value = serde_json::from_slice(&answer.wire().await).unwrap();
        match format {
            "openai_chat" => {
                let choice = &document["choices"][0];
                assert_eq!(document["object"], "chat.completion");
                assert_eq!(
                    (&choice["message"]["content"], &choice["finish_reason"]),
                    (&json!("hello"), &json!("tool_calls"))
                );
                let call = &choice["message"]["tool_calls"][0]["function"];
                assert_eq!(call, &json!({ "name": "look", "arguments": "{\"at\":1}" }));
            }
            "openai_responses" => {
                assert_eq!((&document["object"], &document["status"]), (&json!("response"), &json!("completed")));
                assert_eq!(document["output"][0]["content"][0]["text"], "hello");
            }
            _ => {
                assert_eq!(document["content"][0], json!({ "type": "text", "text": "hello" }));
                assert_eq!(document["content"][1]["input"], json!({ "at": 1 }));
                assert_eq!(document["stop_reason"], "tool_use");
            }
        }
    }
}

/// Its head waits for it, however long that takes.
#[tokio::test(start_paused = true)]
async fn a_document_that_fails_has_a_status() {
    let client = Client::new(Faces);
    let question = json!({ "model": "m", "messages": [] });
    let mut answer = client.post("/faces/slow").json(&question).start();
    assert_eq!(answer.head().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let error: Value = serde_json::from_slice(&answer.wire().await).unwrap();
    assert_eq!(error["error"]["type"], "server_error");
}
