//! A completion as one document.

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::{CHUNK, Completion, error_document, reason, usage_of};
use crate::ai::{
    document,
    packet::{Source, Usage},
    protocol::{Closing, End, Kind, Marks, OpenPart, Own, Passing, Protocol, State},
    wire::object,
};
use crate::format::{Ending, problem::Problem};
use crate::packet::content::Unwritable;

#[derive(Debug)]
pub(super) struct Document {
    completion: Completion,
    content: Option<String>,
    reasoning: String,
    calls: Vec<Call>,
    annotations: Vec<Value>,
    data: Vec<Value>,
    /// The reason of an own chunk.
    reason: Option<String>,
    /// The tokens of an own chunk.
    usage: Option<Value>,
}

#[derive(Debug, Default)]
struct Call {
    /// Its index, if it comes from own chunks.
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Document {
    pub(super) fn new(completion: Completion) -> Self {
        Self {
            completion,
            content: None,
            reasoning: String::new(),
            calls: Vec::new(),
            annotations: Vec::new(),
            data: Vec::new(),
            reason: None,
            usage: None,
        }
    }

    fn message(&mut self) -> Value {
        let mut message = Map::new();
        message.insert("role".into(), "assistant".into());
        message.insert("content".into(), self.content.take().into());
        message.insert("refusal".into(), Value::Null);
        if !self.reasoning.is_empty() {
            message.insert("reasoning_content".into(), std::mem::take(&mut self.reasoning).into());
        }
        if !self.annotations.is_empty() {
            message.insert("annotations".into(), std::mem::take(&mut self.annotations).into());
        }
        if !self.calls.is_empty() {
            let calls = self.calls.drain(..).map(|Call { id, name, arguments, .. }| {
                let arguments = if arguments.is_empty() { "{}".to_owned() } else { arguments };
                json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } })
            });
            message.insert("tool_calls".into(), calls.collect());
        }
        message.into()
    }
}

impl Document {
    /// Adds a delta of an own chunk to its call: the last one of the same index, unless the delta has another id. Some
    /// servers repeat the id in each delta.
    fn add_to_call(&mut self, delta: &Value) {
        let id = delta["id"].as_str().filter(|id| !id.is_empty());
        let index = delta["index"].as_u64();
        let same = |call: &Call| call.index.is_some() && index.is_none_or(|index| call.index == Some(index));
        let at = self.calls.iter().rposition(same).filter(|at| id.is_none_or(|id| self.calls[*at].id == id));
        let call = match (at, id) {
            (Some(at), _) => &mut self.calls[at],
            (None, Some(id)) => {
                let index = index.unwrap_or(self.calls.len() as u64);
                self.calls.push(Call { index: Some(index), id: id.to_owned(), ..Call::default() });
                let last = self.calls.len() - 1;
                &mut self.calls[last]
            }
            (None, None) => return,
        };
        append(&mut call.name, &delta["function"]["name"]);
        append(&mut call.arguments, &delta["function"]["arguments"]);
    }
}

/// Appends a JSON string to text.
fn append(text: &mut String, json: &Value) {
    text.push_str(json.as_str().unwrap_or_default());
}

impl Protocol for Document {
    const OWN: Option<&'static str> = None;

    fn headers(&self, headers: &mut HeaderMap) {
        document::headers(headers);
    }

    fn begin(&mut self, _out: &mut Vec<u8>) {}

    fn open(&mut self, part: &OpenPart, _out: &mut Vec<u8>) {
        if let Kind::Tool { id, name, .. } = &part.kind {
            self.calls.push(Call { id: id.clone(), name: name.clone(), ..Call::default() });
        }
    }

    fn delta(&mut self, part: &OpenPart, json: &[u8], _out: &mut Vec<u8>) {
        let delta = serde_json::from_slice(json).unwrap_or_default();
        match &part.kind {
            Kind::Text => append(self.content.get_or_insert_default(), &delta),
            Kind::Reasoning => append(&mut self.reasoning, &delta),
            Kind::Tool { .. } => {
                if let Some(call) = self.calls.last_mut() {
                    append(&mut call.arguments, &delta);
                }
            }
        }
    }

    fn close(&mut self, _part: &OpenPart, _why: Closing, _out: &mut Vec<u8>) {}

    fn source(&mut self, source: &Source, _out: &mut Vec<u8>) {
        let title = source.title.as_deref().unwrap_or_default();
        let citation = json!({ "start_index": 0, "end_index": 0, "url": source.url, "title": title });
        self.annotations.push(json!({ "type": "url_citation", "url_citation": citation }));
    }

    fn data(&mut self, name: &str, id: Option<&str>, json: &[u8], _out: &mut Vec<u8>) {
        self.data.push(document::entry(name, id, json));
    }

    fn is_own(&self, marks: &Marks) -> bool {
        marks.object() == Some(CHUNK)
    }

    /// Adds a chunk to the document.
    fn own(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        let choices = own.members.get("choices").and_then(Value::as_array);
        let choices = choices.ok_or_else(|| Unwritable::new(format!("a `{CHUNK}` needs `choices`, a list")))?;
        if let Some(usage) = own.members.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        for choice in choices.iter().filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0) {
            let delta = &choice["delta"];
            if delta["content"].is_string() {
                append(self.content.get_or_insert_default(), &delta["content"]);
            }
            append(&mut self.reasoning, &delta["reasoning_content"]);
            if let Some(reason) = choice["finish_reason"].as_str() {
                self.reason = Some(reason.to_owned());
            }
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                if let Some(id) = call["id"].as_str().filter(|id| !id.is_empty()) {
                    state.calls.entry(id.to_owned()).or_insert(false);
                }
                self.add_to_call(call);
            }
        }
        Ok(Passing::Closing)
    }

    fn pass(&mut self, _own: &Own<'_>, _json: &[u8], _out: &mut Vec<u8>) {}

    fn done(&mut self, end: &End<'_>, out: &mut Vec<u8>) {
        let message = self.message();
        let reason = self.reason.take().unwrap_or_else(|| reason(end.finish).to_owned());
        let usage = end.usage.map(usage_of).or(self.usage.take());
        let Completion { id, created, .. } = &self.completion;
        let document = object(out).str("id", id).str("object", "chat.completion").value("created", created);
        let document = document.str("model", self.completion.model()).list("choices", |choice| {
            let choice = choice.value("index", &0).value("message", &message).value("logprobs", &Value::Null);
            choice.str("finish_reason", &reason)
        });
        let data = (!self.data.is_empty()).then_some(&self.data);
        document.some("usage", usage).some("data", data).some_json("metadata", end.result).end();
    }

    /// Its head has left with the status of a success, as that of a run may, so the body must not look like one.
    fn failed(&mut self, _problem: &Problem, _usage: Option<&Usage>, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }

    fn heartbeat(&self) -> &'static [u8] {
        document::HEARTBEAT
    }

    fn is_document(&self) -> bool {
        true
    }

    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        Some(error_document)
    }
}
