//! The exact bytes of an answer in each format.

mod text;
mod tools;

use axum::http::{HeaderMap, StatusCode};
use outflow::{
    Packet, action,
    ai::{Data, File, Finish, FinishReason, Reasoning, Source, Step, Text, ToolCall, ToolInput, ToolResult, Usage},
    controller,
    test::Client,
};
use serde_json::{Value, json};

use super::{FORMATS, asked, body, data};

struct Answers;

#[controller]
impl Answers {
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn short(&self) -> Value {
        self.stream(Reasoning::new("Hm."));
        self.stream("Hel");
        self.stream(Packet::raw("lo\n\"you\""));
        self.stream(Text::new("!"));
        self.stream("");
        self.stream(Packet::json(&json!([1])).event("numbers"));
        self.stream(Usage::new(7, 2).cached(3).reasoning(1));
        json!({ "ok": true })
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn tools(&self) {
        self.stream(Step::named("one"));
        self.stream(ToolCall::new("a", "look"));
        self.stream(ToolInput::new("a", "{\"at\":"));
        self.stream(ToolInput::new("a", "1}"));
        self.stream(ToolCall::new("b", "look"));
        self.stream(ToolResult::new("a", json!({ "seen": 1 })));
        self.stream(ToolResult::failed("b", "dark"));
        self.stream(Step::new());
        self.stream(ToolCall::new("c", "ask").input(json!({ "q": "?" })));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn rest(&self) {
        self.stream(Source::new("https://a.example"));
        self.stream(File::new("data:,x", "text/plain"));
        self.stream(Data::new("mood", 1).id("m"));
        self.stream(json!({ "any": "thing" }));
        self.stream(Finish::new(FinishReason::Length));
        self.stream(5);
    }
}

/// The body, with numbers that no test knows as 0.
async fn masked(path: &str, format: &str) -> String {
    let text = body(&Client::new(Answers), path, format).await;
    let mut parts = text.split("\"created\":");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "\"created\":0" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[tokio::test(start_paused = true)]
async fn sources_files_and_data() {
    let ours = |all: Vec<Value>| all[1..].to_vec();
    let kept = ours(data(&masked("/answers/rest", "ai_sdk").await));
    assert_eq!(
        kept,
        [
            json!({ "type": "source-url", "sourceId": "source-1", "url": "https://a.example" }),
            json!({ "type": "file", "url": "data:,x", "mediaType": "text/plain" }),
            json!({ "type": "data-mood", "id": "m", "data": 1 }),
            json!({ "type": "data-packet", "data": { "any": "thing" } }),
            json!({ "type": "data-packet", "data": 5 }),
            json!({ "type": "finish", "finishReason": "length" }),
            json!("[DONE]"),
        ]
    );
    let kept = ours(data(&masked("/answers/rest", "ag_ui").await));
    let custom = |name: &str, value: Value| json!({ "type": "CUSTOM", "name": name, "value": value });
    assert_eq!(
        kept[..5],
        [
            custom("source", json!({ "url": "https://a.example" })),
            custom("file", json!({ "url": "data:,x", "mediaType": "text/plain" })),
            custom("mood", json!(1)),
            custom("packet", json!({ "any": "thing" })),
            custom("packet", json!(5)),
        ]
    );
    for (format, reason) in [
        ("openai_chat", "\"finish_reason\":\"length\""),
        ("openai_responses", "\"reason\":\"max_output_tokens\""),
        ("anthropic", "\"stop_reason\":\"max_tokens\""),
    ] {
        let text = masked("/answers/rest", format).await;
        assert!(text.contains(reason), "{format}: {text}");
        for part in ["https://a.example", "data:,x", "\"mood\"", "\"any\":\"thing\""] {
            assert!(text.contains(part), "{format}: {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_head() {
    let client = Client::new(Answers);
    for format in FORMATS {
        let mut answer = client.post(&format!("/answers/short?format={format}")).extension(asked()).start();
        let head = answer.head().await;
        answer.wire().await;
        let header =
            |headers: &HeaderMap, name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(head.status(), StatusCode::OK);
        assert_eq!(header(head.headers(), "content-type").as_deref(), Some("text/event-stream"), "{format}");
        let version = header(head.headers(), "x-vercel-ai-ui-message-stream");
        assert_eq!(version.as_deref(), (format == "ai_sdk").then_some("v1"));
    }
}
