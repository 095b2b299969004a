//! `ai_sdk`: the UI message stream of the AI SDK (`vercel/ai`, `packages/ai/src/ui-message-stream`).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::{
    answer::{Closing, End, Ids, Kind, Marks, OpenPart, Own, Passing, Protocol, State, is_cancelled},
    asked::Asked,
    packet::{File, FinishReason, Source, ToolResult, Usage},
    wire::{done, event_of},
};
use crate::format::{Ending, problem::Problem};
use crate::packet::content::Unwritable;

const HEADER: HeaderName = HeaderName::from_static("x-vercel-ai-ui-message-stream");

/// The chunks of `ui-message-chunks.ts`, besides `data-…`.
const CHUNKS: &[&str] = &[
    "abort",
    "custom",
    "error",
    "file",
    "finish",
    "finish-step",
    "message-metadata",
    "reasoning-delta",
    "reasoning-end",
    "reasoning-file",
    "reasoning-start",
    "reset-step",
    "source-document",
    "source-url",
    "start",
    "start-step",
    "text-delta",
    "text-end",
    "text-start",
    "tool-approval-request",
    "tool-approval-response",
    "tool-input-available",
    "tool-input-delta",
    "tool-input-error",
    "tool-input-start",
    "tool-output-available",
    "tool-output-denied",
    "tool-output-error",
];

#[derive(Debug, Default)]
pub(super) struct AiSdk {
    message_id: Option<String>,
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

    /// Refuses a chunk of a part that is not open.
    fn is_open(&self, kind: &'static str, own: &Own<'_>) -> Result<usize, Unwritable> {
        let id = own.text("id")?;
        let found = self.parts.iter().position(|part| *part == (kind, id.to_owned()));
        found.ok_or_else(|| {
            let why = format!("`{}` of the part `{id}` comes without its `{kind}-start`", own.kind);
            Unwritable::new(why)
        })
    }

    fn open_own(&mut self, kind: &'static str, own: &Own<'_>) -> Result<Passing, Unwritable> {
        let id = own.text("id")?;
        if self.is_open(kind, own).is_ok() {
            return Err(Unwritable::new(format!("the part `{id}` is open already: send its `{kind}-end` first")));
        }
        self.parts.push((kind, id.to_owned()));
        Ok(Passing::Closing)
    }

    fn end_own(&mut self, kind: &'static str, own: &Own<'_>) -> Result<Passing, Unwritable> {
        let at = self.is_open(kind, own)?;
        self.parts.remove(at);
        Ok(Passing::Closing)
    }
}

/// The id of one of the format's own parts: the chunks of an action may have ids of the same shape.
fn part_id(part: &OpenPart) -> String {
    format!("part-{}", part.index)
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
        match &part.kind {
            Kind::Tool { id, name, .. } => {
                event_of("tool-input-start", out).str("toolCallId", id).str("toolName", name).end();
            }
            Kind::Text => event_of("text-start", out).str("id", &part_id(part)).end(),
            Kind::Reasoning => event_of("reasoning-start", out).str("id", &part_id(part)).end(),
        }
    }

    fn delta(&mut self, part: &OpenPart, json: &[u8], out: &mut Vec<u8>) {
        match &part.kind {
            Kind::Tool { id, .. } => {
                event_of("tool-input-delta", out).str("toolCallId", id).json("inputTextDelta", json).end();
            }
            Kind::Text => event_of("text-delta", out).str("id", &part_id(part)).json("delta", json).end(),
            Kind::Reasoning => event_of("reasoning-delta", out).str("id", &part_id(part)).json("delta", json).end(),
        }
    }

    /// The input of a tool call is sent whole at its end. That of a call that broke off is an error even if it can be
    /// read: a page runs its tool as soon as the input is available.
    fn close(&mut self, part: &OpenPart, why: Closing, out: &mut Vec<u8>) {
        let Kind::Tool { id, name, input } = &part.kind else {
            return event_of(&format!("{}-end", word(&part.kind)), out).str("id", &part_id(part)).end();
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
        let Some(error) = &result.error else {
            let event = event_of("tool-output-available", out).str("toolCallId", &result.id);
            return event.value("output", &result.output).end();
        };
        event_of("tool-output-error", out).str("toolCallId", &result.id).str("errorText", error).end();
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
        match own.kind {
            "start" | "message-metadata" => return Ok(Passing::Beside),
            "finish" => {
                let reason = own.members.get("finishReason");
                let reason = reason.and_then(|reason| serde_json::from_value(reason.clone()).ok());
                state.finish = reason.or(state.finish);
                self.metadata = own.members.get("messageMetadata").cloned().or(self.metadata.take());
                return Ok(Passing::Kept);
            }
            "error" | "abort" => {
                let help = "return an error from the action in its place";
                return Err(Unwritable::new(format!("`{}` ends the stream, as only the format may: {help}", own.kind)));
            }
            "text-start" => return self.open_own("text", own),
            "text-end" => return self.end_own("text", own),
            "reasoning-start" => return self.open_own("reasoning", own),
            "reasoning-end" => return self.end_own("reasoning", own),
            "text-delta" => drop(self.is_open("text", own)?),
            "reasoning-delta" => drop(self.is_open("reasoning", own)?),
            "finish-step" => {
                self.parts.clear();
                self.is_in_step = false;
            }
            "reset-step" => {
                self.parts.clear();
                self.inputs.clear();
                // The page forgets the calls of this step, and an output for one of them would be an error there.
                state.calls.clear();
            }
            "tool-input-start" => {
                let id = own.text("toolCallId")?;
                own.text("toolName")?;
                self.inputs.insert(id.to_owned());
                state.calls.entry(id.to_owned()).or_insert(false);
            }
            "tool-input-delta" => {
                let id = own.text("toolCallId")?;
                if !self.inputs.contains(id) {
                    let why = format!("`tool-input-delta` of the call `{id}` comes without its `tool-input-start`");
                    return Err(Unwritable::new(why));
                }
            }
            "tool-input-available" | "tool-input-error" => {
                let id = own.text("toolCallId")?;
                own.text("toolName")?;
                let has_result = own.kind == "tool-input-error";
                state.calls.insert(id.to_owned(), has_result);
            }
            "tool-output-available" | "tool-output-error" | "tool-output-denied" => {
                let id = own.text("toolCallId")?;
                state.known("the output", id)?;
                state.calls.insert(id.to_owned(), true);
            }
            "tool-approval-request" => {
                let approval = own.text("approvalId")?;
                state.known("the approval", own.text("toolCallId")?)?;
                self.approvals.insert(approval.to_owned());
            }
            "tool-approval-response" => {
                let id = own.text("approvalId")?;
                if !self.approvals.contains(id) && !state.asked.approvals.contains(id) {
                    let why =
                        format!("`tool-approval-response` answers `{id}`, which no `tool-approval-request` asks for");
                    return Err(Unwritable::new(why));
                }
            }
            _ => {}
        }
        Ok(Passing::Closing)
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
            event_of("error", out).str("errorText", &problem.to_string()).end();
        }
        done(out);
        Ending::Clean
    }
}
