//! Packets that an answer can't carry: the action fails with a reason in the log, and all before it has arrived.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use outflow::{
    Packet, action,
    ai::{ToolCall, ToolInput, ToolResult},
    controller,
    test::{Client, after},
};
use serde_json::json;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

use super::{FORMATS, body, data, question, valid};

/// The lines of the application's log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut self.clone());
    }
}

impl Visit for Lines {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        *self.0.lock().unwrap() += &format!("{field}={value:?} ");
    }
}

struct Answers;

#[controller]
impl Answers {
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn unknown_type(&self) {
        self.stream("before");
        self.stream(json!({ "type": "text-dleta", "delta": "x" }));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn half_a_call(&self) {
        self.stream("before");
        self.stream(json!({ "ai": "tool-call", "id": "call-9" }));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn own_member(&self) {
        self.stream(json!({ "ai": "of my own" }));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn named(&self) {
        self.stream(Packet::json(&json!({ "type": "text-dleta" })).event("mine"));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn lonely_result(&self) {
        self.stream("before");
        self.stream(ToolResult::new("call-9", 1));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn lonely_input(&self) {
        self.stream("before");
        self.stream(ToolInput::new("call-9", "{}"));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn late_input(&self) {
        self.stream(ToolCall::new("call-9", "look"));
        self.stream("before");
        self.stream(ToolInput::new("call-9", "{}"));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn twice(&self) {
        self.stream("before");
        self.stream(ToolCall::new("call-9", "look"));
        self.stream(ToolCall::new("call-9", "look"));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn bytes(&self) {
        self.stream("before");
        self.stream(Packet::bytes(vec![0xc3]));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn huge(&self) {
        self.stream("é".repeat(1024 * 1024));
        self.stream("after");
    }

    /// The call is one of the request's messages.
    #[action(post, formats(ai_sdk, ag_ui))]
    async fn answers_a_call(&self, _request: outflow::ai::ChatRequest) {
        self.stream(ToolResult::new("call-9", json!({ "ok": true })));
    }

    /// The same as a run, with the chunk that says how the page has decided.
    #[action(post, formats(ai_sdk), resumable)]
    async fn answers_in_a_run(&self, _request: outflow::ai::ChatRequest) {
        self.stream(json!({ "type": "tool-approval-response", "approvalId": "approval-9", "approved": true }));
        self.stream(ToolResult::new("call-9", json!({ "ok": true })));
    }
}

#[tokio::test(start_paused = true)]
async fn each_is_refused_with_its_reason() {
    for (action, reason) in [
        ("unknown_type", "`\"type\": \"text-dleta\"` is not "),
        ("half_a_call", "`\"ai\": \"tool-call\"` is not a packet of `outflow::ai`: missing field `name`"),
        ("lonely_result", "the result of the tool call `call-9` comes without the call"),
        ("lonely_input", "the input of the tool call `call-9` comes without the call"),
        ("late_input", "the input of the tool call `call-9` has ended already"),
        ("twice", "there is a tool call `call-9` already"),
        ("bytes", "`Packet::bytes` is neither"),
    ] {
        for format in FORMATS {
            let action = action.replace('_', "-");
            let lines = Lines::default();
            let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
            let stream = body(&Client::new(Answers), &format!("/answers/{action}"), format).await;
            valid::check(format, &stream).unwrap_or_else(|why| panic!("{action} {format}: {why}\n{stream}"));
            assert!(stream.contains("before"), "{action} {format}: {stream}");
            // Chat completions know no `type`: there it is data.
            if action != "unknown-type" || format != "openai_chat" {
                let lines = lines.0.lock().unwrap();
                assert!(lines.contains(reason), "{action} {format}: {lines}");
                assert!(!stream.contains(reason), "the reason is for the log: {stream}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_makes_data_of_any_object() {
    for format in FORMATS {
        let stream = body(&Client::new(Answers), "/answers/named", format).await;
        assert!(stream.contains("text-dleta") && stream.contains("mine"), "{format}: {stream}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_of_the_name_ai_is_the_action_s_own_unless_it_marks_a_packet() {
    for format in FORMATS {
        let stream = body(&Client::new(Answers), "/answers/own-member", format).await;
        assert!(stream.contains("of my own"), "{format}: {stream}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delta_of_two_megabytes_arrives_whole() {
    let text = "é".repeat(1024 * 1024);
    for format in FORMATS {
        let stream = body(&Client::new(Answers), "/answers/huge", format).await;
        valid::check(format, &stream).unwrap();
        assert!(stream.contains(&text) && stream.contains("after"), "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_may_answer_a_call_of_the_request() {
    let client = Client::new(Answers);
    let mut chat = question("ai_sdk", "go on");
    let part = json!({ "type": "tool-look", "toolCallId": "call-9", "state": "approval-responded", "input": {} });
    let last = json!({ "id": "message-2", "role": "assistant", "parts": [part] });
    chat["messages"].as_array_mut().unwrap().push(last);
    let stream = client.post("/answers/answers-a-call").json(&chat).start().wire().await;
    let stream = String::from_utf8(stream.to_vec()).unwrap();
    assert!(stream.starts_with("data: {\"type\":\"start\",\"messageId\":\"message-2\"}"), "{stream}");
    assert!(stream.contains("tool-output-available"), "{stream}");

    let mut input = question("ag_ui", "go on");
    let call = json!({ "id": "call-9", "type": "function", "function": { "name": "look", "arguments": "{}" } });
    let last = json!({ "id": "2", "role": "assistant", "toolCalls": [call] });
    input["messages"].as_array_mut().unwrap().push(last);
    let stream = client.post("/answers/answers-a-call").json(&input).start().wire().await;
    assert!(String::from_utf8_lossy(&stream).contains("TOOL_CALL_RESULT"));
}

/// It sends no messages, so its answer can't know their tool calls.
#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_to_a_run_gets_the_result_of_an_earlier_call() {
    let client = Client::new(Answers);
    let mut chat = question("ai_sdk", "go on");
    let approval = json!({ "id": "approval-9", "approved": true });
    let part = json!({
        "type": "tool-look", "toolCallId": "call-9", "state": "approval-responded", "input": {}, "approval": approval,
    });
    let last = json!({ "id": "message-2", "role": "assistant", "parts": [part] });
    chat["messages"].as_array_mut().unwrap().push(last);
    let mut answer = client.post("/answers/answers-in-a-run").json(&chat).start();
    answer.head().await;
    let first = answer.wire().await;
    let again = client.follow(answer.run(), after(0)).start().wire().await;
    let [first, again] = [first, again].map(|bytes| data(std::str::from_utf8(&bytes).unwrap()));
    assert_eq!(first[2]["type"], "tool-output-available", "{first:?}");
    assert_eq!(again[1..], first[1..]);
}
