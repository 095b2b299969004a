//! `anthropic`: Anthropic's Messages, as a stream of events or, for a request without `"stream": true`, as one document
//! (`anthropics/anthropic-sdk-typescript`, `RawMessageStreamEvent` and `Message`).

// The files:
//
// - `mod`: the format
// - `own`: the action's own events

mod own;

use std::{mem, sync::Arc};

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use self::own::{EVENTS, OF_THE_MESSAGE};
use super::{
    asked::{Asked, new_id},
    document,
    packet::{FinishReason, Source, Usage},
    protocol::{Closing, End, Kind, Marks, OpenPart, Own, Passing, Protocol, State, is_cancelled, text_of},
    wire::named_event,
};
use crate::format::{Ending, problem::Problem};
use crate::packet::content::Unwritable;

#[derive(Debug)]
pub(super) struct Anthropic {
    asked: Arc<Asked>,
    id: String,
    /// The content blocks so far; in a document with all they hold.
    blocks: Vec<Value>,
    is_text: bool,
    /// The index of a block that the action's own events have opened, as they spell it.
    own: Option<Value>,
    /// The `delta` and `usage` of an own `message_delta`.
    end: Option<(Value, Value)>,
    /// What the application sends besides content, for a document.
    data: Vec<Value>,
}

impl Anthropic {
    pub(super) fn new(asked: &Arc<Asked>) -> Self {
        let id = asked.message_id.clone().unwrap_or_else(|| new_id("msg_"));
        Self { asked: asked.clone(), id, blocks: Vec::new(), is_text: false, own: None, end: None, data: Vec::new() }
    }

    fn message(&self, content: &[Value], stop_reason: &Value, stop_sequence: &Value, usage: &Value) -> Value {
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.asked.model.as_deref().unwrap_or_default(),
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": stop_sequence,
            "usage": usage,
        })
    }

    /// The index of the open block.
    fn index(&self) -> usize {
        self.blocks.len().saturating_sub(1)
    }

    fn start(&mut self, block: Value, out: &mut Vec<u8>) {
        self.stop_own(out);
        self.blocks.push(block);
        if !self.asked.whole {
            let event = named_event("content_block_start", out).value("index", &self.index());
            event.some("content_block", self.blocks.last()).end();
        }
    }

    fn stop(&mut self, out: &mut Vec<u8>) {
        if !self.asked.whole {
            named_event("content_block_stop", out).value("index", &self.index()).end();
        }
    }

    fn stop_own(&mut self, out: &mut Vec<u8>) {
        if self.own.take().is_some() {
            self.stop(out);
        }
    }

    /// Adds a delta to the block that a document will hold.
    fn add(&mut self, delta: &Value) {
        let Some(block) = self.blocks.last_mut() else { return };
        for (member, key) in
            [("text", "text"), ("thinking", "thinking"), ("signature", "signature"), ("partial_json", "input")]
        {
            let Some(more) = delta[member].as_str() else { continue };
            // The input is text until the block ends.
            match &mut block[key] {
                Value::String(text) => text.push_str(more),
                other => *other = more.into(),
            }
        }
        if delta["citation"].is_object() {
            let citation = delta["citation"].clone();
            match block["citations"].as_array_mut() {
                Some(citations) => citations.push(citation),
                None => block["citations"] = json!([citation]),
            }
        }
    }
}

const fn reason(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop => "end_turn",
        FinishReason::Length => "max_tokens",
        FinishReason::ContentFilter => "refusal",
        FinishReason::ToolCalls => "tool_use",
    }
}

/// Tokens as Anthropic counts them: those that were cached are not among the input.
fn usage_of(usage: Option<&Usage>) -> Value {
    let usage = usage.copied().unwrap_or_default();
    json!({
        "input_tokens": usage.input_tokens.saturating_sub(usage.cached_tokens),
        "cache_creation_input_tokens": null,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
    })
}

/// The failure as Anthropic's error.
pub(super) fn error_of(problem: &Problem) -> Value {
    let kind = match problem.status() {
        _ if is_cancelled(problem) => "cancelled",
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::PAYLOAD_TOO_LARGE => "request_too_large",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        StatusCode::SERVICE_UNAVAILABLE => "overloaded_error",
        StatusCode::GATEWAY_TIMEOUT => "timeout_error",
        status if status.is_client_error() => "invalid_request_error",
        _ => "api_error",
    };
    json!({ "type": kind, "message": text_of(problem) })
}

fn error_document(problem: &Problem) -> String {
    json!({ "type": "error", "error": error_of(problem) }).to_string()
}

impl Protocol for Anthropic {
    const OWN: Option<&'static str> = Some("an event of Anthropic's Messages");

    fn headers(&self, headers: &mut HeaderMap) {
        if self.asked.whole {
            document::headers(headers);
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if !self.asked.whole {
            let message = self.message(&[], &Value::Null, &Value::Null, &usage_of(None));
            named_event("message_start", out).value("message", &message).end();
        }
    }

    fn open(&mut self, part: &OpenPart, out: &mut Vec<u8>) {
        self.is_text = matches!(part.kind, Kind::Text);
        let block = match &part.kind {
            Kind::Text => json!({ "type": "text", "text": "" }),
            Kind::Reasoning => json!({ "type": "thinking", "thinking": "", "signature": "" }),
            Kind::Tool { id, name, .. } => json!({ "type": "tool_use", "id": id, "name": name, "input": {} }),
        };
        self.start(block, out);
    }

    fn delta(&mut self, part: &OpenPart, json: &[u8], out: &mut Vec<u8>) {
        let (kind, member) = match &part.kind {
            Kind::Text => ("text_delta", "text"),
            Kind::Reasoning => ("thinking_delta", "thinking"),
            Kind::Tool { .. } => ("input_json_delta", "partial_json"),
        };
        if self.asked.whole {
            let more: Value = serde_json::from_slice(json).unwrap_or_default();
            self.add(&json!({ (member): more }));
        } else {
            let event = named_event("content_block_delta", out).value("index", &self.index());
            event.object("delta", |delta| delta.str("type", kind).json(member, json)).end();
        }
    }

    fn close(&mut self, _part: &OpenPart, _why: Closing, out: &mut Vec<u8>) {
        self.is_text = false;
        self.stop(out);
    }

    fn source(&mut self, source: &Source, out: &mut Vec<u8>) {
        let citation = json!({
            "type": "web_search_result_location",
            "url": source.url,
            "title": source.title,
            "cited_text": "",
            "encrypted_index": "",
        });
        if !self.is_text {
            // Only text can cite.
            self.data("source", None, citation.to_string().as_bytes(), out);
        } else if self.asked.whole {
            self.add(&json!({ "citation": citation }));
        } else {
            let event = named_event("content_block_delta", out).value("index", &self.index());
            event.object("delta", |delta| delta.str("type", "citations_delta").value("citation", &citation)).end();
        }
    }

    /// An event of a type that the protocol does not know, which its clients pass on.
    fn data(&mut self, name: &str, id: Option<&str>, json: &[u8], out: &mut Vec<u8>) {
        if self.asked.whole {
            self.data.push(document::entry(name, id, json));
        } else {
            named_event("data", out).str("name", name).some("id", id).json("value", json).end();
        }
    }

    fn is_own(&self, marks: &Marks) -> bool {
        marks.kind().is_some_and(|kind| EVENTS.contains(&kind) || OF_THE_MESSAGE.contains(&kind))
    }

    fn own(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        self.own_event(own, state)
    }

    fn pass(&mut self, own: &Own<'_>, json: &[u8], out: &mut Vec<u8>) {
        self.pass_event(own, json, out);
    }

    fn done(&mut self, end: &End<'_>, out: &mut Vec<u8>) {
        self.stop_own(out);
        let (own_delta, own_usage) = self.end.take().unwrap_or_default();
        let usage = if end.usage.is_none() && own_usage.is_object() { own_usage } else { usage_of(end.usage) };
        let reason = match own_delta.get("stop_reason") {
            Some(reason) if reason.is_string() => reason.clone(),
            _ => reason(end.finish).into(),
        };
        let sequence = &own_delta["stop_sequence"];
        if self.asked.whole {
            let blocks: Vec<_> = mem::take(&mut self.blocks).into_iter().map(finished).collect();
            let mut message = self.message(&blocks, &reason, sequence, &usage);
            if let Some(result) = end.result {
                message["metadata"] = serde_json::from_slice(result).unwrap_or_default();
            }
            if !self.data.is_empty() {
                message["data"] = mem::take(&mut self.data).into();
            }
            out.extend_from_slice(message.to_string().as_bytes());
            return;
        }
        let event = named_event("message_delta", out)
            .object("delta", |delta| delta.value("stop_reason", &reason).value("stop_sequence", sequence));
        event.value("usage", &usage).some_json("metadata", end.result).end();
        named_event("message_stop", out).end();
    }

    fn failed(&mut self, problem: &Problem, _usage: Option<&Usage>, out: &mut Vec<u8>) -> Ending {
        if self.asked.whole {
            return Ending::Cut;
        }
        self.stop_own(out);
        named_event("error", out).value("error", &error_of(problem)).end();
        Ending::Clean
    }

    fn heartbeat(&self) -> &'static [u8] {
        if self.asked.whole { document::HEARTBEAT } else { b"event: ping\ndata: {\"type\":\"ping\"}\n\n" }
    }

    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        Some(error_document)
    }

    fn is_document(&self) -> bool {
        self.asked.whole
    }
}

/// A block whose input was gathered as text, with its input. Without any text the input is an empty object.
fn finished(mut block: Value) -> Value {
    if let Some(text) = block["input"].as_str() {
        let json = if text.trim().is_empty() { "{}" } else { text };
        block["input"] = serde_json::from_str(json).unwrap_or_else(|_| text.into());
    }
    block
}
