//! The protocols of AI front ends: what their clients get of an action's packets. The real clients read the same server in
//! `tests/browser`; here are the bytes, and every end.
//!
//! `valid` has each protocol's rules, as its client checks them.

mod any_order;
mod approvals;
mod bad_input;
mod connections;
mod documents;
mod endings;
mod foreign_runs;
mod negotiation;
mod relayed;
mod requests;
mod test_client;
mod valid;
mod wire;

use outflow::{ai::Asked, test::Client};
use serde_json::{Value, json};

/// The names of the formats.
const FORMATS: [&str; 5] = ["ai_sdk", "ag_ui", "openai_chat", "openai_responses", "anthropic"];

/// An event of a stream: its name, if it has one, and its data.
type Event = (Option<String>, String);

/// The events of a stream, which has no other lines than `event:`, `data:` and comments.
fn events(stream: &str) -> Vec<Event> {
    let blocks = stream.split("\n\n").filter(|block| !block.is_empty());
    blocks
        .map(|block| {
            let (mut name, mut data) = (None, None);
            for line in block.lines().filter(|line| !line.starts_with(':')) {
                if let Some(text) = line.strip_prefix("event: ") {
                    assert!(name.replace(text.to_owned()).is_none(), "two names: {block}");
                } else if let Some(text) = line.strip_prefix("data: ") {
                    assert!(data.replace(text.to_owned()).is_none(), "data of two lines: {block}");
                } else {
                    panic!("neither a name nor data: {line}");
                }
            }
            (name, data.unwrap_or_else(|| panic!("no data: {block}")))
        })
        .collect()
}

/// The data of a stream's events as JSON, and `[DONE]` as a string.
fn data(stream: &str) -> Vec<Value> {
    let json = |(_, data): Event| serde_json::from_str(&data).unwrap_or_else(|_| data.into());
    events(stream).into_iter().map(json).collect()
}

/// The ids that the answers of these tests bear.
fn asked() -> Asked {
    Asked::new().thread_id("thread").run_id("run").message_id("id").model("stand-in")
}

/// The whole body of an action, in a format.
async fn body(client: &Client, path: &str, format: &str) -> String {
    let mut answer = client.post(&format!("{path}?format={format}")).extension(asked()).start();
    let bytes = answer.wire().await;
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A request as the client of a format sends it, with one message of the person.
fn question(format: &str, text: &str) -> Value {
    let message = json!({ "role": "user", "content": text });
    match format {
        "ai_sdk" => json!({
            "id": "chat",
            "messages": [{ "id": "1", "role": "user", "parts": [{ "type": "text", "text": text }] }],
            "trigger": "submit-message",
        }),
        "ag_ui" => json!({
            "threadId": "thread",
            "runId": "run",
            "messages": [{ "id": "1", "role": "user", "content": text }],
            "tools": [],
            "context": [],
            "state": {},
            "forwardedProps": {},
        }),
        "openai_chat" => json!({ "model": "stand-in", "messages": [message], "stream": true }),
        "openai_responses" => json!({ "model": "stand-in", "input": text, "stream": true }),
        _ => json!({ "model": "stand-in", "messages": [message], "max_tokens": 100, "stream": true }),
    }
}
