//! Any order of packets gives a stream that its protocol allows, whether the action returns, fails, or is ended by a
//! packet that is refused.

use axum::http::StatusCode;
use outflow::{
    Packet, action,
    ai::{
        Data, File, Finish, FinishReason, Part, Reasoning, Source, Step, Text, ToolCall, ToolInput, ToolResult, Usage,
    },
    controller,
    test::Client,
};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use super::{FORMATS, body, valid};

/// One packet.
#[derive(Clone, Debug)]
enum Sent {
    Part(Part),
    Raw(String),
    Value(Value, Option<String>),
    /// One of the protocol's own objects, with an id.
    Own(Index, String),
}

/// The protocol's own objects about the thing with this id.
fn own(format: &str, id: &str) -> Vec<Value> {
    let kinds = |kinds: &str, members: Value| -> Vec<Value> {
        let with = |kind: &str| {
            let mut event = members.clone();
            event["type"] = kind.into();
            event
        };
        kinds.split_whitespace().map(with).collect()
    };
    match format {
        "ai_sdk" => kinds(
            "text-start text-start text-delta text-delta text-end reasoning-start reasoning-delta reasoning-end error \
             tool-input-start tool-input-delta tool-input-available tool-input-error tool-approval-request \
             tool-approval-response tool-output-available tool-output-error tool-output-denied reasoning-file \
             reset-step start-step finish-step file source-url source-document data-x custom start finish abort \
             message-metadata text-dleta",
            json!({
                "id": id, "delta": "d", "toolCallId": id, "toolName": "t", "inputTextDelta": "{", "input": {}, "url": "u",
                "output": 1, "errorText": "e", "approvalId": id, "approved": true, "data": 1, "kind": "a.b",
                "sourceId": id, "mediaType": "a/b", "title": "t",
            }),
        ),
        "ag_ui" => kinds(
            "TEXT_MESSAGE_START TEXT_MESSAGE_START TEXT_MESSAGE_CONTENT TEXT_MESSAGE_END TEXT_MESSAGE_CHUNK \
             TOOL_CALL_START TOOL_CALL_ARGS TOOL_CALL_END TOOL_CALL_CHUNK TOOL_CALL_RESULT STATE_SNAPSHOT STATE_DELTA \
             MESSAGES_SNAPSHOT ACTIVITY_SNAPSHOT ACTIVITY_DELTA RAW CUSTOM RUN_STARTED RUN_FINISHED RUN_ERROR \
             STEP_STARTED STEP_FINISHED REASONING_START REASONING_MESSAGE_START REASONING_MESSAGE_CONTENT \
             REASONING_MESSAGE_END REASONING_MESSAGE_CHUNK REASONING_END REASONING_ENCRYPTED_VALUE SUBAGENT_STARTED \
             SUBAGENT_FINISHED SUBAGENT_ERROR TEXT_MESSAGE_STRAT",
            json!({
                "messageId": id, "toolCallId": id, "toolCallName": "t", "delta": "d", "content": "c", "stepName": id,
                "name": "n", "value": 1, "message": "m", "snapshot": {}, "messages": [], "event": 1,
            }),
        )
        .into_iter()
        .map(|mut event| {
            if event["type"].as_str().is_some_and(|kind| kind.starts_with("SUBAGENT")) {
                event["subagentRunId"] = id.into();
            }
            event
        })
        .collect(),
        "openai_chat" => {
            let chunk = |choices: Value| json!({ "id": id, "object": "chat.completion.chunk", "choices": choices });
            vec![
                chunk(json!([{ "index": 0, "delta": { "content": "c" }, "finish_reason": null }])),
                chunk(json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }])),
                chunk(json!([])),
                json!({ "object": "chat.completion.chunk" }),
            ]
        }
        "openai_responses" => kinds(
            "response.output_item.added response.output_item.added response.output_item.done response.created \
             response.content_part.added response.content_part.done response.output_text.delta response.completed \
             response.function_call_arguments.delta response.reasoning_summary_part.added error response.typo \
             response.reasoning_summary_text.delta response.web_search_call.searching",
            json!({
                "item_id": id, "output_index": id.len(), "content_index": 0, "summary_index": 0, "delta": "d",
                "part": { "type": "output_text", "text": "" },
                "item": { "id": id, "type": "message", "content": [], "status": "in_progress" },
                "sequence_number": 9,
            }),
        ),
        _ => kinds(
            "content_block_start content_block_start content_block_delta content_block_delta content_block_stop ping \
             message_start message_delta message_stop error content_block_strat",
            json!({
                "index": id.len(), "delta": { "type": "text_delta", "text": "t", "stop_reason": "max_tokens" },
                "content_block": { "type": "text", "text": "" }, "usage": { "output_tokens": 3 },
            }),
        ),
    }
}

#[derive(Debug)]
struct Answers {
    packets: Vec<Sent>,
    fails: bool,
    format: &'static str,
}

#[controller]
impl Answers {
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn all(&self) -> Result<Value, StatusCode> {
        for packet in &self.packets {
            match packet {
                Sent::Part(part) => self.stream(part),
                Sent::Raw(text) => self.stream(Packet::raw(text)),
                Sent::Value(value, None) => self.stream(value),
                Sent::Value(value, Some(name)) => self.stream(Packet::json(value).event(name)),
                Sent::Own(index, id) => self.stream(index.get(&own(self.format, id))),
            }
        }
        // A stream that has begun fails within it.
        self.stream("the end");
        if self.fails { Err(StatusCode::CONFLICT) } else { Ok(json!({ "done": true })) }
    }
}

/// Few ids, so that packets meet.
fn id() -> impl Strategy<Value = String> {
    prop_oneof!["a", "bb", "id", "0"]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        "[a-z\"\n]{0,3}".prop_map(|text| Text::new(text).into()),
        "[a-z]{0,3}".prop_map(|text| Reasoning::new(text).into()),
        id().prop_map(|id| ToolCall::new(id, "tool").into()),
        id().prop_map(|id| ToolCall::new(id, "tool").input(json!({ "a": [1] })).into()),
        (id(), "[0-9{]{0,2}").prop_map(|(id, delta)| ToolInput::new(id, delta).into()),
        id().prop_map(|id| ToolResult::new(id, 1).into()),
        id().prop_map(|id| ToolResult::failed(id, "no").into()),
        Just(Source::new("https://a.example").into()),
        Just(File::new("data:,x", "text/plain").into()),
        id().prop_map(|name| Data::new(name, Value::Null).into()),
        prop_oneof![Just(Step::new()), id().prop_map(Step::named)].prop_map(Part::from),
        Just(Usage::new(1, 2).into()),
        Just(Finish::new(FinishReason::Length).into()),
    ]
}

fn packet() -> impl Strategy<Value = Sent> {
    let value = prop_oneof![Just(json!(null)), Just(json!([1])), Just(json!("text")), Just(json!({ "ai": 1 }))];
    let name = prop_oneof![Just(None), "[a-z]{1,3}".prop_map(Some)];
    prop_oneof![
        6 => part().prop_map(Sent::Part),
        1 => "[a-z\n]{0,3}".prop_map(Sent::Raw),
        1 => (value, name).prop_map(|(value, name)| Sent::Value(value, name)),
        5 => (any::<Index>(), id()).prop_map(|(index, id)| Sent::Own(index, id)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_packets_gives_a_valid_stream(packets in vec(packet(), 0..12), fails: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        for format in FORMATS {
            let packets = packets.clone();
            let stream = runtime.block_on(async {
                let client = Client::new(Answers { packets, fails, format });
                let mut answer = client.post(&format!("/answers/all?format={format}")).extension(super::asked()).start();
                let head = answer.head().await;
                let stream = answer.wire().await;
                // A packet that is refused before any other has left is an ordinary failure.
                head.status().is_success().then(|| String::from_utf8(stream.to_vec()).unwrap())
            });
            if let Some(stream) = stream {
                let checked = valid::check(format, &stream);
                prop_assert!(checked.is_ok(), "{format}: {}\n{stream}", checked.unwrap_err());
            }
        }
    }
}

/// What the rules are worth: they find a stream that is wrong.
#[tokio::test(start_paused = true)]
async fn the_rules_find_what_is_wrong() {
    let call = ToolCall::new("b", "t").into();
    let packets = vec![Sent::Raw("a".into()), Sent::Part(call), Sent::Part(ToolInput::new("b", "{}").into())];
    for format in FORMATS {
        let answers = Answers { packets: packets.clone(), fails: false, format };
        let stream = body(&Client::new(answers), "/answers/all", format).await;
        valid::check(format, &stream).unwrap();
        let blocks: Vec<_> = stream.split_inclusive("\n\n").collect();
        for at in 0..blocks.len() {
            let without: String = blocks[..at].iter().chain(&blocks[at + 1..]).copied().collect();
            // A delta may be missing, and a tool call may still wait for its input.
            let is_free = blocks[at].contains("delta") || blocks[at].contains("tool-input-available");
            assert!(is_free || valid::check(format, &without).is_err(), "{format} without {}", blocks[at]);
        }
    }
}
