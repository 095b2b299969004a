//! `openai_responses`: OpenAI's Responses, as a stream of events or, for a request without `"stream": true`, as one
//! document (`openai/openai-node`, `ResponseStreamEvent` and `Response`).

// The files:
//
// - `mod`: the format
// - `item`: the items of a response, and the events about them
// - `own`: the action's own events

mod item;
mod own;

use std::sync::Arc;

use axum::http::HeaderMap;
use serde_json::{Value, json};

use self::own::{EVENTS, LIFECYCLE, OwnItem};
use super::{
    asked::{Asked, new_id, unix_seconds},
    document,
    openai_chat::error_document,
    packet::{FinishReason, Source, ToolResult, Usage},
    protocol::{Closing, End, Kind, Marks, OpenPart, Own, Passing, Protocol, State, is_cancelled, text_of},
    wire::{Object, named_event},
};
use crate::format::{Ending, problem::Problem};
use crate::packet::content::Unwritable;

#[derive(Debug)]
pub(super) struct Responses {
    asked: Arc<Asked>,
    id: String,
    created: u64,
    /// The number of the next event.
    sequence: u64,
    /// The items of the output. Those that are open are as they were added.
    items: Vec<Value>,
    /// The text, the reasoning or the arguments of the open item, and its annotations.
    text: String,
    annotations: Vec<Value>,
    is_text: bool,
    /// The items that the action's own events have opened.
    own: Vec<OwnItem>,
    /// What the application sends besides the output, for a document.
    data: Vec<Value>,
}

impl Responses {
    pub(super) fn new(asked: &Arc<Asked>) -> Self {
        Self {
            asked: asked.clone(),
            id: asked.message_id.clone().unwrap_or_else(|| new_id("resp_")),
            created: unix_seconds(),
            sequence: 0,
            items: Vec::new(),
            text: String::new(),
            annotations: Vec::new(),
            is_text: false,
            own: Vec::new(),
            data: Vec::new(),
        }
    }

    /// Writes an event with the next number. A document has no events.
    fn event(&mut self, kind: &str, out: &mut Vec<u8>, members: impl FnOnce(Object<'_>) -> Object<'_>) {
        if !self.asked.whole {
            members(named_event(kind, out).value("sequence_number", &self.sequence)).end();
            self.sequence += 1;
        }
    }

    fn response(&self, status: &str) -> Value {
        json!({
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "model": self.asked.model.as_deref().unwrap_or_default(),
            "output": self.items,
            "error": null,
            "incomplete_details": null,
            "instructions": null,
            "metadata": {},
            "parallel_tool_calls": true,
            "temperature": null,
            "tool_choice": "auto",
            "tools": [],
            "top_p": null,
            "usage": null,
        })
    }
}

/// Tokens as OpenAI's `ResponseUsage`.
fn usage_of(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": { "cached_tokens": usage.cached_tokens },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning_tokens },
        "total_tokens": usage.total(),
    })
}

/// The result as OpenAI's `metadata`, whose values are strings: the members of an object, or `result`.
fn metadata(result: &[u8]) -> Value {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match serde_json::from_slice(result).unwrap_or_default() {
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, Value::from(text(value)))).collect(),
        other => json!({ "result": text(other) }),
    }
}

impl Protocol for Responses {
    const OWN: Option<&'static str> = Some("an event of OpenAI's Responses");

    fn headers(&self, headers: &mut HeaderMap) {
        if self.asked.whole {
            document::headers(headers);
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        self.sequence = 0;
        let response = self.response("in_progress");
        for kind in ["response.created", "response.in_progress"] {
            self.event(kind, out, |event| event.value("response", &response));
        }
    }

    fn open(&mut self, part: &OpenPart, out: &mut Vec<u8>) {
        self.open_item(&part.kind, out);
    }

    fn delta(&mut self, part: &OpenPart, json: &[u8], out: &mut Vec<u8>) {
        self.text += &serde_json::from_slice::<String>(json).unwrap_or_default();
        let kind = match part.kind {
            Kind::Text => "response.output_text.delta",
            Kind::Reasoning => "response.reasoning_text.delta",
            Kind::Tool { .. } => "response.function_call_arguments.delta",
        };
        let has_content = !matches!(part.kind, Kind::Tool { .. });
        let place = self.place(has_content);
        self.event(kind, out, |event| {
            let event = place.put(event).json("delta", json);
            if matches!(part.kind, Kind::Text) { event.json("logprobs", b"[]") } else { event }
        });
    }

    fn close(&mut self, part: &OpenPart, why: Closing, out: &mut Vec<u8>) {
        self.close_item(&part.kind, why, out);
    }

    fn tool_result(&mut self, result: &ToolResult, out: &mut Vec<u8>) {
        let id = format!("{}_{}", self.id, self.items.len());
        let item = json!({
            "id": id,
            "type": "function_call_output",
            "call_id": result.id,
            "output": result.text(),
            "status": "completed",
        });
        let index = self.items.len();
        self.items.push(item.clone());
        for kind in ["response.output_item.added", "response.output_item.done"] {
            self.event(kind, out, |event| event.value("output_index", &index).value("item", &item));
        }
    }

    fn source(&mut self, source: &Source, out: &mut Vec<u8>) {
        let title = source.title.as_deref().unwrap_or_default();
        let end = self.text.chars().count();
        let citation = json!({
            "type": "url_citation", "start_index": end, "end_index": end, "url": source.url, "title": title,
        });
        if !self.is_text {
            // Only text can cite.
            return self.data("source", None, citation.to_string().as_bytes(), out);
        }
        let (place, at) = (self.place(true), self.annotations.len());
        self.event("response.output_text.annotation.added", out, |event| {
            place.put(event).value("annotation_index", &at).value("annotation", &citation)
        });
        self.annotations.push(citation);
    }

    /// A member of the event that keeps a connection open: OpenAI's client reads no meaning into it, and fails at events of
    /// other names.
    fn data(&mut self, name: &str, id: Option<&str>, json: &[u8], out: &mut Vec<u8>) {
        if self.asked.whole {
            self.data.push(document::entry(name, id, json));
        } else {
            self.event("keepalive", out, |event| {
                event.object("data", |data| data.str("name", name).some("id", id).json("value", json))
            });
        }
    }

    fn is_own(&self, marks: &Marks) -> bool {
        marks.kind().is_some_and(|kind| EVENTS.contains(&kind) || LIFECYCLE.contains(&kind))
    }

    fn own(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        self.own_event(own, state)
    }

    fn pass(&mut self, own: &Own<'_>, _json: &[u8], out: &mut Vec<u8>) {
        self.pass_event(own, out);
    }

    fn done(&mut self, end: &End<'_>, out: &mut Vec<u8>) {
        self.close_own(out);
        let (status, why) = match end.finish {
            FinishReason::Length => ("incomplete", Some("max_output_tokens")),
            FinishReason::ContentFilter => ("incomplete", Some("content_filter")),
            FinishReason::Stop | FinishReason::ToolCalls => ("completed", None),
        };
        let mut response = self.response(status);
        if let Some(why) = why {
            response["incomplete_details"] = json!({ "reason": why });
        }
        if let Some(usage) = end.usage {
            response["usage"] = usage_of(usage);
        }
        if let Some(result) = end.result {
            response["metadata"] = metadata(result);
        }
        if self.asked.whole {
            if !self.data.is_empty() {
                response["data"] = std::mem::take(&mut self.data).into();
            }
            out.extend_from_slice(response.to_string().as_bytes());
        } else {
            self.event(&format!("response.{status}"), out, |event| event.value("response", &response));
        }
    }

    fn failed(&mut self, problem: &Problem, usage: Option<&Usage>, out: &mut Vec<u8>) -> Ending {
        if self.asked.whole {
            return Ending::Cut;
        }
        self.close_own(out);
        let is_cancelled = is_cancelled(problem);
        let mut response = self.response(if is_cancelled { "cancelled" } else { "failed" });
        let code = match problem.status().as_u16() {
            _ if is_cancelled => "cancelled",
            429 => "rate_limit_exceeded",
            400..500 => "invalid_request_error",
            _ => "server_error",
        };
        response["error"] = json!({ "code": code, "message": text_of(problem), "status": problem.status().as_u16() });
        response["usage"] = usage.map(usage_of).into();
        self.event("response.failed", out, |event| event.value("response", &response));
        Ending::Clean
    }

    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        Some(error_document)
    }

    fn heartbeat(&self) -> &'static [u8] {
        if self.asked.whole { document::HEARTBEAT } else { b":\n" }
    }

    fn is_document(&self) -> bool {
        self.asked.whole
    }
}
