//! The requests of AI front ends: what an action reads of them, and what is wrong with one.

use axum::http::{StatusCode, header::CONTENT_TYPE};
use outflow::{
    action,
    ai::{ChatCompletionRequest, ChatRequest, MessagesRequest, ResponsesRequest, Role, RunAgentInput, UiMessages},
    controller,
    test::{Client, Request},
};
use serde_json::{Value, json};

use super::{FORMATS, data, question, valid};

struct Answers;

#[controller]
impl Answers {
    #[action(post, formats(ai_sdk))]
    async fn ai_sdk(&self, request: UiMessages) {
        self.stream(request.prompt());
    }

    #[action(post, formats(ag_ui))]
    async fn ag_ui(&self, request: RunAgentInput) {
        self.stream(request.prompt());
    }

    #[action(post, formats(openai_chat))]
    async fn openai_chat(&self, request: ChatCompletionRequest) {
        self.stream(request.prompt());
    }

    #[action(post, formats(openai_responses))]
    async fn openai_responses(&self, request: ResponsesRequest) {
        self.stream(request.prompt());
    }

    #[action(post, formats(anthropic))]
    async fn anthropic(&self, request: MessagesRequest) {
        self.stream(request.prompt());
    }

    /// The authors of the messages, as data.
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn any(&self, request: ChatRequest) {
        let roles: Vec<Role> = request.messages().iter().map(|message| message.role).collect();
        self.stream(roles);
        self.stream(request.prompt());
    }
}

fn path(format: &str) -> String {
    format!("/answers/{}", format.replace('_', "-"))
}

async fn text(request: Request<'_>) -> String {
    String::from_utf8(request.start().wire().await.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_client_is_answered_in_its_protocol() {
    let client = Client::new(Answers);
    for format in FORMATS {
        for path in [path(format), "/answers/any".to_owned()] {
            let mut request = client.post(&path).json(&question(format, "How is Oslo?"));
            if format == "anthropic" {
                request = request.header("anthropic-version", "2023-06-01");
            }
            let stream = text(request).await;
            valid::check(format, &stream).unwrap_or_else(|why| panic!("{path} {format}: {why}\n{stream}"));
            assert!(stream.contains("How is Oslo?"), "{format}: {stream}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_ids_are_those_of_the_request() {
    let client = Client::new(Answers);
    let events = data(&text(client.post("/answers/ag-ui").json(&question("ag_ui", "x"))).await);
    assert_eq!(events[0], json!({ "type": "RUN_STARTED", "threadId": "thread", "runId": "run" }));
    let chunks = data(&text(client.post("/answers/openai-chat").json(&question("openai_chat", "x"))).await);
    assert_eq!(chunks[0]["model"], "stand-in");
    // A page that begins a message gives it an id itself.
    let chunks = data(&text(client.post("/answers/ai-sdk").json(&question("ai_sdk", "x"))).await);
    assert_eq!(chunks[0], json!({ "type": "start" }));
}

/// A page may add members that are those of another protocol.
#[tokio::test(start_paused = true)]
async fn messages_with_parts_are_the_ai_sdks_whatever_else_there_is() {
    let client = Client::new(Answers);
    let mut chat = question("ai_sdk", "x");
    chat["model"] = "some".into();
    chat["threadId"] = "thread".into();
    let stream = text(client.post("/answers/any").json(&chat)).await;
    valid::check("ai_sdk", &stream).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_chat_completion_tells_its_tokens_if_it_was_asked() {
    let client = Client::new(super::negotiation::Faces);
    let mut request = question("openai_chat", "x");
    for (options, tells) in
        [(Value::Null, false), (json!({ "include_usage": false }), false), (json!({ "include_usage": true }), true)]
    {
        request["stream_options"] = options;
        let stream = text(client.post("/faces/all").json(&request)).await;
        assert_eq!(stream.contains("total_tokens"), tells, "{stream}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_request_is_refused_with_the_name_of_the_field() {
    let client = Client::new(Answers);
    let robot = |format: &str| {
        let mut request = question(format, "x");
        request["messages"][0]["role"] = "robot".into();
        request
    };
    let without = |format: &str, member: &str| {
        let mut request = question(format, "x");
        request.as_object_mut().unwrap().remove(member);
        request
    };
    let part = json!({ "id": "c", "messages": [{ "id": "1", "role": "user", "parts": [{ "type": 7 }] }] });
    for (format, request, field) in [
        ("ai_sdk", without("ai_sdk", "messages"), "messages"),
        ("ai_sdk", robot("ai_sdk"), "messages[0].role"),
        ("ai_sdk", part, "messages[0].parts[0].type"),
        ("ag_ui", without("ag_ui", "threadId"), "threadId"),
        ("ag_ui", robot("ag_ui"), "messages[0].role"),
        ("openai_chat", without("openai_chat", "model"), "model"),
        ("openai_chat", robot("openai_chat"), "messages[0].role"),
        ("openai_responses", without("openai_responses", "input"), "input"),
        ("anthropic", without("anthropic", "max_tokens"), "max_tokens"),
        ("anthropic", robot("anthropic"), "messages[0].role"),
    ] {
        let mut answer = client.post(&path(format)).json(&request).start();
        let head = answer.head().await;
        assert_eq!(head.status(), StatusCode::UNPROCESSABLE_ENTITY, "{format} {field}");
        assert_eq!(head.headers()[CONTENT_TYPE], "application/problem+json");
        let problem: Value = serde_json::from_slice(&answer.wire().await).unwrap();
        assert_eq!(problem["field"], field, "{format}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(field), "{problem}");
        if format != "ai_sdk" && format != "ag_ui" {
            assert_eq!(problem["error"]["message"], problem["detail"], "for the protocol's own clients");
        }
    }
}

/// A request of one protocol with a mistake is not taken for one of another.
#[tokio::test(start_paused = true)]
async fn an_odd_message_is_refused_in_the_protocol_of_its_request() {
    let client = Client::new(Answers);
    for format in ["openai_chat", "ag_ui"] {
        for (messages, field) in [(json!([7]), "messages[0]"), (json!("none"), "messages")] {
            let mut request = question(format, "x");
            request["messages"] = messages;
            let mut answer = client.post("/answers/any").json(&request).start();
            assert_eq!(answer.head().await.status(), StatusCode::UNPROCESSABLE_ENTITY);
            let problem: Value = serde_json::from_slice(&answer.wire().await).unwrap();
            assert_eq!(problem["field"], field, "{problem}");
            // Only OpenAI's clients need it.
            assert_eq!(problem.get("error").is_some(), format == "openai_chat", "{problem}");
        }
    }
    let mut chat = question("ai_sdk", "x");
    chat["messages"].as_array_mut().unwrap().push(json!(7));
    chat["model"] = "some".into();
    let mut answer = client.post("/answers/any").json(&chat).start();
    assert_eq!(answer.head().await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = serde_json::from_slice(&answer.wire().await).unwrap();
    assert_eq!((&problem["field"], problem.get("error")), (&json!("messages[1]"), None), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_json_is_refused() {
    let client = Client::new(Answers);
    for (kind, body, status) in [
        ("application/json", "{", StatusCode::BAD_REQUEST),
        ("application/json", "", StatusCode::BAD_REQUEST),
        ("text/plain", "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json", "{\"messages\":[]} x", StatusCode::BAD_REQUEST),
    ] {
        let mut answer = client.post("/answers/any").header("content-type", kind).body(body).start();
        assert_eq!(answer.head().await.status(), status, "{body}");
        answer.wire().await;
    }
}
