//! A completion as a stream of chunks.

use serde_json::Value;

use super::{CHUNK, Completion, calls::Calls, error_document, error_of, reason, usage_of};
use crate::ai::{
    packet::{Source, Usage},
    protocol::{Closing, End, Kind, Marks, OpenPart, Own, Passing, Protocol, State},
    wire::{Object, done, event, event_of_json},
};
use crate::format::{Ending, problem::Problem};
use crate::packet::content::Unwritable;

#[derive(Debug)]
pub(super) struct Chunks {
    completion: Completion,
    calls: Calls,
    /// The index of the open tool call, or of the last one that was.
    tool: u64,
    /// The own chunk that goes through, if an index in it had to change.
    changed: Option<Vec<u8>>,
    /// Whether an own chunk of the action has told why the model stopped.
    has_finished: bool,
}

impl Chunks {
    pub(super) fn new(completion: Completion) -> Self {
        Self { completion, calls: Calls::default(), tool: 0, changed: None, has_finished: false }
    }

    fn chunk<'a>(&self, out: &'a mut Vec<u8>) -> Object<'a> {
        let Completion { id, created, .. } = &self.completion;
        event(out).str("id", id).str("object", CHUNK).value("created", created).str("model", self.completion.model())
    }

    fn delta_of(&self, out: &mut Vec<u8>, delta: impl FnOnce(Object<'_>) -> Object<'_>) {
        let chunk = self.chunk(out).list("choices", |choice| {
            choice.value("index", &0).object("delta", delta).value("finish_reason", &Value::Null)
        });
        chunk.end();
    }

    fn tool(&self, out: &mut Vec<u8>, members: impl FnOnce(Object<'_>) -> Object<'_>) {
        self.delta_of(out, |delta| delta.list("tool_calls", |call| members(call.value("index", &self.tool))));
    }

    fn open_tool(&mut self, part: &OpenPart, input: &str, out: &mut Vec<u8>) {
        if let Kind::Tool { id, name, .. } = &part.kind {
            self.tool = self.calls.add();
            self.tool(out, |call| {
                let call = call.str("id", id).str("type", "function");
                call.object("function", |function| function.str("name", name).str("arguments", input))
            });
        }
    }
}

impl Protocol for Chunks {
    const OWN: Option<&'static str> = None;

    fn begin(&mut self, out: &mut Vec<u8>) {
        self.delta_of(out, |delta| delta.str("role", "assistant").str("content", ""));
    }

    fn open(&mut self, part: &OpenPart, out: &mut Vec<u8>) {
        self.open_tool(part, "", out);
    }

    /// The reasoning goes by the name that DeepSeek and vLLM have given it.
    fn delta(&mut self, part: &OpenPart, json: &[u8], out: &mut Vec<u8>) {
        match &part.kind {
            Kind::Text => self.delta_of(out, |delta| delta.json("content", json)),
            Kind::Reasoning => self.delta_of(out, |delta| delta.json("reasoning_content", json)),
            Kind::Tool { .. } => {
                self.tool(out, |call| call.object("function", |function| function.json("arguments", json)));
            }
        }
    }

    /// A call without input has an empty object: clients read the arguments as JSON.
    fn close(&mut self, part: &OpenPart, why: Closing, out: &mut Vec<u8>) {
        match &part.kind {
            Kind::Tool { input, .. } if input.is_empty() && why == Closing::Next => self.delta(part, b"\"{}\"", out),
            _ => {}
        }
    }

    fn call(&mut self, part: &OpenPart, input: &str, out: &mut Vec<u8>) {
        self.open_tool(part, input, out);
    }

    fn source(&mut self, source: &Source, out: &mut Vec<u8>) {
        self.delta_of(out, |delta| {
            delta.list("annotations", |note| {
                let note = note.str("type", "url_citation");
                note.object("url_citation", |citation| {
                    let title = source.title.as_deref().unwrap_or_default();
                    citation.value("start_index", &0).value("end_index", &0).str("url", &source.url).str("title", title)
                })
            })
        });
    }

    /// The protocol has no place for it, so it is a member of a chunk without choices, as the usage is.
    fn data(&mut self, name: &str, id: Option<&str>, json: &[u8], out: &mut Vec<u8>) {
        let chunk = self.chunk(out).json("choices", b"[]");
        chunk.object("data", |data| data.str("name", name).some("id", id).json("value", json)).end();
    }

    fn is_own(&self, marks: &Marks) -> bool {
        marks.object() == Some(CHUNK)
    }

    fn own(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        let choices = own.members.get("choices").and_then(Value::as_array);
        let choices = choices.ok_or_else(|| Unwritable::new(format!("a `{CHUNK}` needs `choices`, a list")))?;
        let mut choices = choices.clone();
        let mut has_changed = false;
        for choice in &mut choices {
            self.has_finished |= choice["finish_reason"].is_string();
            let of = choice["index"].as_u64().unwrap_or(0);
            for call in choice.pointer_mut("/delta/tool_calls").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(id) = call["id"].as_str() {
                    state.calls.entry(id.to_owned()).or_insert(false);
                }
                let index = self.calls.place(of, call);
                if let Some(call) = call.as_object_mut().filter(|call| call.get("index") != Some(&index.into())) {
                    call.insert("index".into(), index.into());
                    has_changed = true;
                }
            }
        }
        self.changed = has_changed.then(|| {
            let mut members = own.members.clone();
            members.insert("choices".into(), choices.into());
            Value::from(members).to_string().into_bytes()
        });
        Ok(Passing::Closing)
    }

    fn pass(&mut self, _own: &Own<'_>, json: &[u8], out: &mut Vec<u8>) {
        event_of_json(self.changed.take().as_deref().unwrap_or(json), out);
    }

    fn done(&mut self, end: &End<'_>, out: &mut Vec<u8>) {
        if !self.has_finished {
            let chunk = self.chunk(out).list("choices", |choice| {
                choice.value("index", &0).json("delta", b"{}").str("finish_reason", reason(end.finish))
            });
            chunk.some_json("metadata", end.result).end();
        } else if let Some(result) = end.result {
            self.chunk(out).json("choices", b"[]").json("metadata", result).end();
        }
        if let Some(usage) = end.usage.filter(|_| self.completion.asked.usage != Some(false)) {
            self.chunk(out).json("choices", b"[]").value("usage", &usage_of(usage)).end();
        }
        done(out);
    }

    /// Without `[DONE]`: this is no end that a client may take for a success.
    fn failed(&mut self, problem: &Problem, _usage: Option<&Usage>, out: &mut Vec<u8>) -> Ending {
        event(out).value("error", &error_of(problem)).end();
        Ending::Clean
    }

    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        Some(error_document)
    }
}
