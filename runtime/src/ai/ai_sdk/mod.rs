//! `ai_sdk`: the UI message stream of the AI SDK (`vercel/ai`, `packages/ai/src/ui-message-stream`).

// The files:
//
// - `mod`: the format
// - `own`: the action's own chunks

mod own;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use self::own::CHUNKS;
use super::{
    asked::Asked,
    packet::{ApprovalRequest, File, FinishReason, Source, ToolResult, Usage},
    protocol::{Closing, End, Ids, Kind, Marks, OpenPart, Own, Passing, Protocol, State, is_cancelled},
    wire::{done, event_of},
};
use crate::format::{Ending, problem::Problem};
use crate::packet::content::Unwritable;

const HEADER: HeaderName = HeaderName::from_static("x-vercel-ai-ui-message-stream");

#[derive(Debug, Default)]
pub(super) struct AiSdk {
    message_id: Option<String>,
    /// The id of the open part.
    part: String,
    is_in_step: bool,
    sources: u64,
    /// The parts that the action's own chunks have opened: the word for their kind, and their id.
    parts: Vec<(&'static str, String)>,
    /// The tool calls whose input the action's own chunks stream.
    inputs: Ids,
    approvals: Ids,
    /// The metadata of an own `finish`.
    metadata: Option<Value>,
}

impl AiSdk {
    pub(super) fn new(asked: &Asked) -> Self {
        Self { message_id: asked.message_id.clone(), ..Self::default() }
    }

    /// Closes what the action's own chunks left open.
    fn close_own(&mut self, out: &mut Vec<u8>) {
        for (kind, id) in self.parts.drain(..) {
            event_of(&format!("{kind}-end"), out).str("id", &id).end();
        }
    }

    fn end_step(&mut self, out: &mut Vec<u8>) {
        self.close_own(out);
        if std::mem::take(&mut self.is_in_step) {
            event_of("finish-step", out).end();
        }
    }
}

const fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Reasoning => "reasoning",
        Kind::Tool { .. } => "tool-input",
    }
}

const fn reason(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ContentFilter => "content-filter",
        FinishReason::ToolCalls => "tool-calls",
    }
}

/// The metadata of the end: the members of a result that is an object, or `result`; and `usage`.
fn metadata(own: Option<Value>, end: &End<'_>) -> Option<Value> {
    let result = end.result.map(|json| serde_json::from_slice(json).unwrap_or(Value::Null));
    let mut members = match own {
        Some(Value::Object(members)) => members,
        Some(other) => return Some(other),
        None => Map::new(),
    };
    if let Some(usage) = end.usage {
        members.insert("usage".into(), usage_of(usage));
    }
    match result {
        Some(Value::Object(result)) => members.extend(result),
        Some(result) => {
            members.insert("result".into(), result);
        }
        None => {}
    }
    (!members.is_empty()).then_some(Value::Object(members))
}

/// Tokens under the names of the AI SDK's `LanguageModelUsage`.
fn usage_of(usage: &Usage) -> Value {
    serde_json::json!({
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total(),
        "reasoningTokens": usage.reasoning_tokens,
        "cachedInputTokens": usage.cached_tokens,
    })
}

impl Protocol for AiSdk {
    const OWN: Option<&'static str> = Some("a chunk of the AI SDK's UI message stream");
    const DATA_IS_A_PART: bool = true;

    fn headers(&self, headers: &mut HeaderMap) {
        headers.insert(HEADER, HeaderValue::from_static("v1"));
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        event_of("start", out).some("messageId", self.message_id.as_deref()).end();
    }

    fn open(&mut self, part: &OpenPart, out: &mut Vec<u8>) {
        // The chunks of an action may have ids that are mere numbers.
        self.part = format!("part-{}", part.index);
        match &part.kind {
            Kind::Tool { id, name, .. } => {
                event_of("tool-input-start", out).str("toolCallId", id).str("toolName", name).end();
            }
            Kind::Text => event_of("text-start", out).str("id", &self.part).end(),
            Kind::Reasoning => event_of("reasoning-start", out).str("id", &self.part).end(),
        }
    }

    fn delta(&mut self, part: &OpenPart, json: &[u8], out: &mut Vec<u8>) {
        match &part.kind {
            Kind::Tool { id, .. } => {
                event_of("tool-input-delta", out).str("toolCallId", id).json("inputTextDelta", json).end();
            }
            Kind::Text => event_of("text-delta", out).str("id", &self.part).json("delta", json).end(),
            Kind::Reasoning => event_of("reasoning-delta", out).str("id", &self.part).json("delta", json).end(),
        }
    }

    /// The input of a tool call is sent whole at its end. That of a call that broke off is an error even if it can be
    /// read: a page runs its tool as soon as the input is available.
    fn close(&mut self, part: &OpenPart, why: Closing, out: &mut Vec<u8>) {
        let Kind::Tool { id, name, input } = &part.kind else {
            return event_of(&format!("{}-end", word(&part.kind)), out).str("id", &self.part).end();
        };
        let json = if input.trim().is_empty() { "{}" } else { input };
        let error = match (why, serde_json::from_str::<Value>(json)) {
            (Closing::Failed, _) => "the call broke off".to_owned(),
            (Closing::Next, Err(error)) => format!("the input is not JSON: {error}"),
            (Closing::Next, Ok(_)) => {
                let event = event_of("tool-input-available", out).str("toolCallId", id).str("toolName", name);
                return event.json("input", json.as_bytes()).end();
            }
        };
        let event = event_of("tool-input-error", out).str("toolCallId", id).str("toolName", name);
        event.str("input", input).str("errorText", &error).end();
    }

    fn call(&mut self, part: &OpenPart, input: &str, out: &mut Vec<u8>) {
        let Kind::Tool { id, name, .. } = &part.kind else { return };
        let event = event_of("tool-input-available", out).str("toolCallId", id).str("toolName", name);
        event.json("input", input.as_bytes()).end();
    }

    fn tool_result(&mut self, result: &ToolResult, out: &mut Vec<u8>) {
        if result.denied {
            return event_of("tool-output-denied", out).str("toolCallId", &result.id).end();
        }
        let Some(error) = &result.error else {
            let event = event_of("tool-output-available", out).str("toolCallId", &result.id);
            return event.value("output", &result.output).end();
        };
        event_of("tool-output-error", out).str("toolCallId", &result.id).str("errorText", error).end();
    }

    fn approval_request(&mut self, request: ApprovalRequest, out: &mut Vec<u8>) {
        let event = event_of("tool-approval-request", out).str("approvalId", &request.id);
        event.str("toolCallId", &request.id).some("reason", request.reason).end();
        self.approvals.insert(request.id);
    }

    fn source(&mut self, source: &Source, out: &mut Vec<u8>) {
        self.sources += 1;
        let event = event_of("source-url", out).str("sourceId", &format!("source-{}", self.sources));
        event.str("url", &source.url).some("title", source.title.as_deref()).end();
    }

    fn file(&mut self, file: &File, out: &mut Vec<u8>) {
        event_of("file", out).str("url", &file.url).str("mediaType", &file.media_type).end();
    }

    fn data(&mut self, name: &str, id: Option<&str>, json: &[u8], out: &mut Vec<u8>) {
        event_of(&format!("data-{name}"), out).some("id", id).json("data", json).end();
    }

    fn step(&mut self, _name: Option<&str>, out: &mut Vec<u8>) {
        self.end_step(out);
        self.is_in_step = true;
        event_of("start-step", out).end();
    }

    fn is_own(&self, marks: &Marks) -> bool {
        marks.kind().is_some_and(|kind| kind.starts_with("data-") || CHUNKS.contains(&kind))
    }

    fn own(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        self.own_chunk(own, state)
    }

    fn done(&mut self, end: &End<'_>, out: &mut Vec<u8>) {
        self.end_step(out);
        let metadata = metadata(self.metadata.take(), end);
        event_of("finish", out).str("finishReason", reason(end.finish)).some("messageMetadata", metadata).end();
        done(out);
    }

    fn failed(&mut self, problem: &Problem, _usage: Option<&Usage>, out: &mut Vec<u8>) -> Ending {
        self.close_own(out);
        if is_cancelled(problem) {
            event_of("abort", out).end();
        } else {
            // The status goes with the text, because the protocol has no other place for it.
            event_of("error", out).str("errorText", &problem.to_string()).end();
        }
        done(out);
        Ending::Clean
    }
}
