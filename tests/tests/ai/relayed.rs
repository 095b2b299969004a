//! Chunks of upstream answers that an action relays, between packets of its own and one after the other.

use std::collections::BTreeMap;

use outflow::{
    action,
    ai::{ToolCall, ToolInput, ToolResult},
    controller,
    test::Client,
};
use serde_json::{Value, json};

use super::{body, data, valid};

/// An upstream chunk with a delta of a tool call.
fn delta(call: &Value) -> Value {
    json!({
        "id": "up", "object": "chat.completion.chunk", "created": 0, "model": "up",
        "choices": [{ "index": 0, "delta": { "tool_calls": [call] }, "finish_reason": null }],
    })
}

fn opened(index: u64, id: &str) -> Value {
    delta(&json!({
        "index": index, "id": id, "type": "function", "function": { "name": "look", "arguments": format!("{{\"{id}\":") },
    }))
}

fn more(index: u64) -> Value {
    delta(&json!({ "index": index, "function": { "arguments": "1}" } }))
}

struct Relays;

#[controller]
impl Relays {
    /// Two upstream answers, each with two calls that it counts from 0, and calls of the action's own.
    #[action(post, formats(openai_chat))]
    async fn calls(&self) {
        self.stream(ToolCall::new("a", "look"));
        for turn in ["b", "c"] {
            let [first, second] = [0, 1].map(|index| opened(index, &format!("{turn}{index}")));
            self.stream(first);
            self.stream(more(0));
            self.stream(second);
            self.stream(more(1));
        }
        self.stream(ToolCall::new("d", "look"));
        self.stream(ToolInput::new("d", "{\"d\":"));
        self.stream(ToolInput::new("d", "1}"));
    }

    /// Some servers leave the index out.
    #[action(post, formats(openai_chat))]
    async fn odd(&self) {
        for id in ["a", "b"] {
            self.stream(delta(&json!({ "id": id, "function": { "name": "look", "arguments": "{" } })));
            self.stream(delta(&json!({ "function": { "arguments": "}" } })));
        }
    }

    /// What comes after a result answers it, so it is another message.
    #[action(post, formats(ag_ui))]
    async fn results(&self) {
        self.stream("a");
        self.stream(ToolCall::new("a", "look").input(json!({})));
        self.stream("b");
        self.stream(json!({ "type": "TOOL_CALL_RESULT", "toolCallId": "a", "messageId": "r", "content": "1" }));
        self.stream(ToolCall::new("c", "look").input(json!({})));
        self.stream(ToolResult::new("c", 1));
    }
}

/// The id and the arguments of the call at each index.
async fn calls(path: &str) -> BTreeMap<u64, (String, String)> {
    let stream = body(&Client::new(Relays), path, "openai_chat").await;
    valid::check("openai_chat", &stream).unwrap_or_else(|why| panic!("{why}\n{stream}"));
    let mut calls = BTreeMap::<_, (String, String)>::new();
    for chunk in data(&stream) {
        for call in chunk["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let (id, arguments) = calls.entry(call["index"].as_u64().expect("an index")).or_default();
            if let Some(named) = call["id"].as_str() {
                assert!(id.is_empty() || id == named, "two calls at one index: {stream}");
                named.clone_into(id);
            }
            arguments.push_str(call["function"]["arguments"].as_str().unwrap());
        }
    }
    calls
}

#[tokio::test(start_paused = true)]
async fn no_two_calls_have_one_index() {
    let call = |id: &str| (id.to_owned(), format!("{{\"{id}\":1}}"));
    let expected = [("a".to_owned(), "{}".to_owned()), call("b0"), call("b1"), call("c0"), call("c1"), call("d")];
    let mut got: Vec<_> = calls("/relays/calls").await.into_values().collect();
    got.sort();
    assert_eq!(got, expected);
}

#[tokio::test(start_paused = true)]
async fn calls_without_an_index_get_one() {
    let calls: Vec<_> = calls("/relays/odd").await.into_iter().collect();
    assert_eq!(calls, [(0, ("a".to_owned(), "{}".to_owned())), (1, ("b".to_owned(), "{}".to_owned()))]);
}

#[tokio::test(start_paused = true)]
async fn an_own_result_ends_the_message_that_calls_belong_to() {
    let stream = body(&Client::new(Relays), "/relays/results", "ag_ui").await;
    valid::check("ag_ui", &stream).unwrap_or_else(|why| panic!("{why}\n{stream}"));
    let events = data(&stream);
    let of = |kind: &str, key: &str| -> Vec<Value> {
        events.iter().filter(|event| event["type"] == kind).map(|event| event[key].clone()).collect()
    };
    let [parents, messages] = [of("TOOL_CALL_START", "parentMessageId"), of("TEXT_MESSAGE_START", "messageId")];
    assert_eq!(of("TEXT_MESSAGE_END", "messageId"), messages);
    assert_eq!(parents[0], messages[0]);
    assert!(!messages.contains(&parents[1]), "{stream}");
}
