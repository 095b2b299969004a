//! The packets of an answer to an AI front end, in any order: those that fit together, and those that do not.

use outflow::{
    Packet,
    ai::{
        ApprovalRequest, Data, File, Finish, FinishReason, Part, Reasoning, Source, Step, Text, ToolCall, ToolInput,
        ToolResult, Usage,
    },
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

/// One packet.
#[derive(Clone, Debug)]
pub enum Sent {
    /// One of `outflow::ai`.
    Part(Part),
    /// Text by `Packet::raw`.
    Raw(String),
    /// Any other value, with or without the name of its event.
    Value(Value, Option<String>),
    /// One of the protocol's own objects, with an id.
    Own(Index, String),
}

impl Sent {
    /// The packet for an answer in this format.
    pub fn packet(&self, format: &str) -> Packet {
        match self {
            Self::Part(part) => Packet::json(part),
            Self::Raw(text) => Packet::raw(text.clone()),
            Self::Value(value, None) => Packet::json(value),
            Self::Value(value, Some(name)) => Packet::json(value).event(name.clone()),
            Self::Own(index, id) => Packet::json(index.get(&own(format, id))),
        }
    }
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
        .map(with_members_of_its_own(id))
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

/// Members that mean something else in other events of AG-UI.
fn with_members_of_its_own(id: &str) -> impl Fn(Value) -> Value {
    move |mut event| {
        let members = match event["type"].as_str().unwrap_or_default() {
            // The input of a call is JSON, in however many deltas.
            "TOOL_CALL_ARGS" | "TOOL_CALL_CHUNK" => json!({ "delta": "1" }),
            "SUBAGENT_STARTED" | "SUBAGENT_FINISHED" | "SUBAGENT_ERROR" => json!({ "subagentRunId": id }),
            "STATE_DELTA" => json!({ "delta": [] }),
            "ACTIVITY_SNAPSHOT" => json!({ "activityType": "a", "content": {} }),
            "ACTIVITY_DELTA" => json!({ "activityType": "a", "patch": [] }),
            "REASONING_MESSAGE_START" => json!({ "role": "reasoning" }),
            "REASONING_ENCRYPTED_VALUE" => json!({ "subtype": "message", "entityId": id, "encryptedValue": "e" }),
            _ => json!({}),
        };
        for (key, value) in members.as_object().into_iter().flatten() {
            event[key] = value.clone();
        }
        event
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
        id().prop_map(|id| ToolResult::denied(id, "no").into()),
        id().prop_map(|id| ApprovalRequest::new(id).reason("why").into()),
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

/// The packets of one answer.
pub fn packets() -> impl Strategy<Value = Vec<Sent>> {
    vec(packet(), 0..12)
}

/// The packets of the answer with this number, and whether its action fails after them: the same ones each time.
///
/// # Panics
/// If the strategy has no value, which would be an error of its own.
#[must_use]
pub fn packets_of(number: u32) -> (Vec<Sent>, bool) {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (packets(), any::<bool>()).new_tree(&mut runner).expect("there is always a value").current()
}
