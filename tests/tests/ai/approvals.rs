//! Tools that the person has to approve: the request in one answer, and what comes of it in the next.

use std::sync::Arc;

use outflow::{
    action,
    ai::{ApprovalRequest, ChatRequest, ToolCall, ToolResult},
    controller,
    test::{Client, after},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{FORMATS, body, data, question, valid};

#[derive(Clone, Default)]
struct Bank {
    go_on: Arc<Notify>,
}

#[controller]
impl Bank {
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn asks(&self) {
        self.stream(ToolCall::new("a", "pay").input(json!({ "euros": 5 })));
        self.stream(ApprovalRequest::new("a").reason("It costs money."));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn lonely(&self) {
        self.stream("before");
        self.stream(ApprovalRequest::new("nobody"));
    }

    /// Whatever is asked is answered in the same breath.
    #[action(post, formats(ag_ui))]
    async fn hasty(&self) {
        self.stream(ToolCall::new("a", "pay").input(json!({})));
        self.stream(ApprovalRequest::new("a"));
        self.stream(ToolResult::new("a", "paid"));
    }

    #[action(post, path = "/{chat}", formats(ai_sdk, ag_ui, query = "format"), resumable(name = chat))]
    async fn settles(&self, chat: String, request: ChatRequest) {
        for approval in request.approvals() {
            self.stream(json!([approval.tool, approval.input, approval.approved, approval.reason]));
            self.stream(match approval.approved {
                true => ToolResult::new(approval.id, "paid"),
                false => ToolResult::denied(approval.id, "not approved"),
            });
        }
        self.stream(format!("{chat} is settled."));
        self.go_on.notified().await;
    }
}

/// The events of a format, by the value of their `type`.
fn of_type<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    events.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {events:?}"))
}

#[tokio::test(start_paused = true)]
async fn each_protocol_asks_in_its_own_words() {
    for format in FORMATS {
        let stream = body(&Client::new(Bank::default()), "/bank/asks", format).await;
        valid::check(format, &stream).unwrap_or_else(|why| panic!("{format}: {why}\n{stream}"));
        match format {
            "ai_sdk" => assert_eq!(
                of_type(&data(&stream), "tool-approval-request"),
                &json!({
                    "type": "tool-approval-request", "approvalId": "a", "toolCallId": "a", "reason": "It costs money.",
                }),
            ),
            "ag_ui" => {
                let events = data(&stream);
                let outcome = &of_type(&events, "RUN_FINISHED")["outcome"];
                let interrupt = &outcome["interrupts"][0];
                assert_eq!((&outcome["type"], &outcome["interrupts"][1]), (&json!("interrupt"), &Value::Null));
                assert_eq!(
                    (&interrupt["id"], &interrupt["toolCallId"], &interrupt["reason"], &interrupt["message"]),
                    (&json!("a"), &json!("a"), &json!("tool_call"), &json!("It costs money."))
                );
            }
            _ => assert!(stream.contains(r#"{"id":"a","reason":"It costs money."}"#), "{format}: {stream}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_its_call_is_refused() {
    for format in FORMATS {
        let stream = body(&Client::new(Bank::default()), "/bank/lonely", format).await;
        valid::check(format, &stream).unwrap_or_else(|why| panic!("{format}: {why}\n{stream}"));
        assert!(stream.contains("before") && !stream.contains("nobody"), "{stream}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_its_result_waits_for_nobody() {
    let stream = body(&Client::new(Bank::default()), "/bank/hasty", "ag_ui").await;
    assert_eq!(of_type(&data(&stream), "RUN_FINISHED")["outcome"], Value::Null);
}

/// The request that brings the answer to the approval request of the call `a`.
fn answered(format: &str, approved: bool) -> Value {
    let mut request = question(format, "Pay!");
    let messages = request["messages"].as_array_mut().unwrap();
    if format == "ai_sdk" {
        let approval = json!({ "id": "a", "approved": approved, "reason": "because" });
        messages.push(json!({ "id": "m", "role": "assistant", "parts": [{
            "type": "tool-pay", "toolCallId": "a", "state": "approval-responded", "input": { "euros": 5 },
            "approval": approval,
        }] }));
    } else {
        let function = json!({ "name": "pay", "arguments": "{\"euros\":5}" });
        let calls = json!([{ "id": "a", "type": "function", "function": function }]);
        messages.push(json!({ "id": "m", "role": "assistant", "toolCalls": calls }));
        let payload = json!({ "approved": approved, "reason": "because" });
        request["resume"] = json!([
            { "interruptId": "a", "status": "resolved", "payload": payload },
            { "interruptId": "another", "status": "resolved", "payload": payload },
        ]);
    }
    request
}

#[tokio::test(start_paused = true)]
async fn the_next_request_brings_the_answer_and_followers_read_what_comes_of_it() {
    for (format, approved) in [("ai_sdk", true), ("ai_sdk", false), ("ag_ui", true), ("ag_ui", false)] {
        let bank = Bank::default();
        let client = Client::new(bank.clone());
        let path = format!("/bank/{format}-{approved}");
        let query = [("format", format)];
        let mut answer = client.post(&path).query(&query).json(&answered(format, approved)).start();
        answer.head().await;
        // Those that follow the run have not sent the messages that have the call.
        let mut by_name = client.get(&format!("{path}/stream")).query(&query).start();
        by_name.head().await;
        bank.go_on.notify_one();
        let by_number = client.follow(answer.run(), after(0)).query(&query).start();
        for mut face in [answer, by_name, by_number] {
            let stream = String::from_utf8(face.wire().await.to_vec()).unwrap();
            let tuple = format!(r#"["pay",{{"euros":5}},{approved},"because"]"#);
            assert!(stream.contains(&tuple) && stream.contains("is settled."), "{format}: {stream}");
            let events = data(&stream);
            match (format, approved) {
                ("ai_sdk", true) => assert_eq!(of_type(&events, "tool-output-available")["output"], "paid"),
                ("ai_sdk", false) => assert_eq!(of_type(&events, "tool-output-denied")["toolCallId"], "a"),
                (_, true) => assert_eq!(of_type(&events, "TOOL_CALL_RESULT")["content"], "paid"),
                (_, false) => assert_eq!(of_type(&events, "TOOL_CALL_RESULT")["content"], "not approved"),
            }
        }
    }
}

/// One that was abandoned, and one whose call the messages do not hold.
#[tokio::test(start_paused = true)]
async fn what_is_no_answer_approves_nothing() {
    let mut request = answered("ag_ui", true);
    request["resume"][0]["status"] = "cancelled".into();
    let input: outflow::ai::RunAgentInput = serde_json::from_value(request).unwrap();
    let approvals = input.approvals();
    assert_eq!(approvals.iter().map(|approval| approval.approved).collect::<Vec<_>>(), [false]);

    let mut request = answered("ai_sdk", true);
    request["messages"][1]["parts"][0]["state"] = "approval-requested".into();
    let chat: outflow::ai::UiMessages = serde_json::from_value(request).unwrap();
    assert_eq!(chat.approvals(), []);
}
