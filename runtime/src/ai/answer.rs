//! The state of an answer, which all protocols share: what each packet means, and which part is open.
//!
//! At most one part is open. It closes when the next one begins or the action ends, so no order of packets can leave a
//! stream that its protocol forbids. A packet is checked before anything changes: a refusal leaves the answer as it was.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
};

use axum::http::{HeaderMap, request::Parts};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    asked::Asked,
    packet::{Data, File, Finish, FinishReason, Part, Source, Step, ToolCall, ToolInput, ToolResult, Usage},
    wire::{object, quote, quoted},
};
use crate::format::{
    Ending, Format,
    problem::{EndedBy, Problem},
};
use crate::packet::content::{Content, Unwritable};

/// The room that is kept for the next packet. One that needed more gives it back.
const KEPT: usize = 64 * 1024;

/// The words of one protocol. [`Answer`] calls them in an order that the protocol allows.
pub(super) trait Protocol: Send {
    /// One of the protocol's own objects, for the refusal of an unknown `type`; `None` if its objects have no `type`.
    const OWN: Option<&'static str>;

    /// Whether sources, files and data have a place between the parts of the message, and so close the open part.
    const DATA_IS_A_PART: bool = false;

    fn headers(&self, headers: &mut HeaderMap) {
        let _ = headers;
    }

    fn begin(&mut self, out: &mut Vec<u8>);

    /// Opens a part.
    fn open(&mut self, part: &OpenPart, out: &mut Vec<u8>);

    /// Appends a delta of the open part, which is a JSON string.
    fn delta(&mut self, part: &OpenPart, json: &[u8], out: &mut Vec<u8>);

    fn close(&mut self, part: &OpenPart, why: Closing, out: &mut Vec<u8>);

    /// Appends a tool call with its whole input, which is JSON.
    fn call(&mut self, part: &OpenPart, input: &str, out: &mut Vec<u8>) {
        self.open(part, out);
        self.delta(part, &quoted(input), out);
        self.close(part, Closing::Next, out);
    }

    fn tool_result(&mut self, result: &ToolResult, out: &mut Vec<u8>) {
        let mut json = Vec::new();
        object(&mut json)
            .str("id", &result.id)
            .value("output", &result.output)
            .some("error", result.error.as_deref())
            .end();
        self.data("tool-result", None, &json, out);
    }

    fn source(&mut self, source: &Source, out: &mut Vec<u8>) {
        let mut json = Vec::new();
        object(&mut json).str("url", &source.url).some("title", source.title.as_deref()).end();
        self.data("source", None, &json, out);
    }

    fn file(&mut self, file: &File, out: &mut Vec<u8>) {
        let mut json = Vec::new();
        object(&mut json).str("url", &file.url).str("mediaType", &file.media_type).end();
        self.data("file", None, &json, out);
    }

    /// Appends data of the application's own.
    fn data(&mut self, name: &str, id: Option<&str>, json: &[u8], out: &mut Vec<u8>);

    /// Starts a step, after the end of the one before.
    fn step(&mut self, name: Option<&str>, out: &mut Vec<u8>) {
        let _ = (name, out);
    }

    /// Whether an object is one of the protocol's own.
    fn is_own(&self, marks: &Marks) -> bool;

    /// Takes note of one of the protocol's own objects, and tells what becomes of it.
    ///
    /// # Errors
    /// If the stream would be invalid with it. Nothing has changed then.
    fn own(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable>;

    /// Appends one of the protocol's own objects as it stands.
    fn pass(&mut self, own: &Own<'_>, json: &[u8], out: &mut Vec<u8>) {
        let _ = own;
        super::wire::event_of_json(json, out);
    }

    fn done(&mut self, end: &End<'_>, out: &mut Vec<u8>);

    fn failed(&mut self, problem: &Problem, usage: Option<&Usage>, out: &mut Vec<u8>) -> Ending;

    fn heartbeat(&self) -> &'static [u8] {
        b":\n"
    }

    /// How a failure before the first packet is written, if not as a problem document.
    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        None
    }

    /// Whether the response is one document.
    fn is_document(&self) -> bool {
        false
    }
}

/// A part that is open, or about to be.
#[derive(Debug)]
pub(super) struct OpenPart {
    /// Its place among the parts of the stream.
    pub(super) index: u64,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Reasoning,
    /// A tool call, with as much of its input as has been sent.
    Tool {
        id: String,
        name: String,
        input: String,
    },
}

/// Why a part closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// Another one begins, or the action is done.
    Next,
    /// The action failed.
    Failed,
}

/// The end of an action that returned.
pub(super) struct End<'a> {
    /// Its result as JSON, unless it is missing or `null`.
    pub(super) result: Option<&'a [u8]>,
    pub(super) usage: Option<&'a Usage>,
    pub(super) finish: FinishReason,
}

/// The members by which an object is known.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Marks {
    #[serde(default)]
    ai: Option<Value>,
    #[serde(default)]
    r#type: Option<Value>,
    #[serde(default)]
    object: Option<Value>,
}

impl Marks {
    pub(super) fn kind(&self) -> Option<&str> {
        self.r#type.as_ref().and_then(Value::as_str)
    }

    pub(super) fn object(&self) -> Option<&str> {
        self.object.as_ref().and_then(Value::as_str)
    }
}

/// One of a protocol's own objects.
pub(super) struct Own<'a> {
    pub(super) kind: &'a str,
    pub(super) members: &'a Map<String, Value>,
}

impl Own<'_> {
    /// A member that must be a string.
    pub(super) fn text(&self, key: &str) -> Result<&str, Unwritable> {
        self.get(key).ok_or_else(|| Unwritable::new(format!("`{}` needs `{key}`, a string", self.kind)))
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.members.get(key).and_then(Value::as_str)
    }
}

/// The fate of one of the protocol's own objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    /// It goes through, and closes the open part.
    Closing,
    /// It goes through beside the open part.
    Beside,
    /// It is kept for the end.
    Kept,
}

/// The part of an answer that protocols look at.
#[derive(Debug)]
pub(super) struct State {
    pub(super) asked: Arc<Asked>,
    /// The tool calls of this stream, and whether each has its result.
    pub(super) calls: HashMap<String, bool>,
    pub(super) finish: Option<FinishReason>,
}

impl State {
    /// Refuses what belongs to a tool call that nobody has seen.
    pub(super) fn known(&self, what: &str, call: &str) -> Result<(), Unwritable> {
        if self.calls.contains_key(call) || self.asked.calls.contains(call) {
            return Ok(());
        }
        Err(Unwritable::new(format!("{what} of the tool call `{call}` comes without the call: stream the call first")))
    }

    fn finish(&self) -> FinishReason {
        let waits = self.calls.values().any(|has_result| !has_result);
        self.finish.unwrap_or(if waits { FinishReason::ToolCalls } else { FinishReason::Stop })
    }
}

/// One answer in the words of the protocol `P`.
pub(super) struct Answer<P> {
    protocol: P,
    state: State,
    open: Option<OpenPart>,
    /// The index of the next part.
    next: u64,
    usage: Option<Usage>,
    /// The JSON of the packet that is being written.
    json: Vec<u8>,
}

impl<P: Protocol + 'static> Answer<P> {
    /// A writer for the request with this head.
    pub(super) fn writer(request: &Parts, protocol: impl FnOnce(&Arc<Asked>) -> P) -> Box<dyn Format> {
        let asked = Asked::of(request);
        let protocol = protocol(&asked);
        Self::boxed(protocol, asked)
    }

    pub(super) fn boxed(protocol: P, asked: Arc<Asked>) -> Box<dyn Format> {
        Box::new(Self {
            protocol,
            state: State { asked, calls: HashMap::new(), finish: None },
            open: None,
            next: 0,
            usage: None,
            json: Vec::new(),
        })
    }
}

impl<P: Protocol> Answer<P> {
    fn close(&mut self, why: Closing, out: &mut Vec<u8>) {
        if let Some(part) = self.open.take() {
            self.protocol.close(&part, why, out);
        }
    }

    fn next_part(&mut self, kind: Kind) -> OpenPart {
        self.next += 1;
        OpenPart { index: self.next - 1, kind }
    }

    /// Writes a delta of text or reasoning, in a part of its own unless one of the kind is open.
    fn delta(&mut self, kind: Kind, json: &[u8], out: &mut Vec<u8>) {
        if json == b"\"\"" {
            return;
        }
        let same = |part: &OpenPart| mem::discriminant(&part.kind) == mem::discriminant(&kind);
        if !self.open.as_ref().is_some_and(same) {
            self.close(Closing::Next, out);
            let part = self.next_part(kind);
            self.protocol.open(&part, out);
            self.open = Some(part);
        }
        if let Some(part) = &self.open {
            self.protocol.delta(part, json, out);
        }
    }

    /// Makes room for something that has a place among the parts, if the protocol sees it so.
    fn beside(&mut self, out: &mut Vec<u8>) {
        if P::DATA_IS_A_PART {
            self.close(Closing::Next, out);
        }
    }

    fn write(&mut self, event: Option<&str>, json: &[u8], out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if json.first() == Some(&b'"') {
            self.delta(Kind::Text, json, out);
            return Ok(());
        }
        if json.first() == Some(&b'{') && event.is_none() {
            let marks: Marks = serde_json::from_slice(json).unwrap_or_default();
            if marks.ai.is_some() {
                if let Ok(part) = serde_json::from_slice(json) {
                    return self.part(part, out);
                }
            }
            if self.protocol.is_own(&marks) {
                return self.own(&marks, json, out);
            }
            if let (Some(kind), Some(own)) = (marks.kind(), P::OWN) {
                return Err(Unwritable::new(format!(
                    "`\"type\": \"{kind}\"` is not {own}: correct it, or name the packet by `.event(..)` to send it as data"
                )));
            }
        }
        self.beside(out);
        self.protocol.data(event.unwrap_or("packet"), None, json, out);
        Ok(())
    }

    fn own(&mut self, marks: &Marks, json: &[u8], out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let members: Map<String, Value> =
            serde_json::from_slice(json).map_err(|error| Unwritable::new(error.to_string()))?;
        let own = Own { kind: marks.kind().unwrap_or_default(), members: &members };
        match self.protocol.own(&own, &mut self.state)? {
            Passing::Closing => self.close(Closing::Next, out),
            Passing::Beside => {}
            Passing::Kept => return Ok(()),
        }
        self.protocol.pass(&own, json, out);
        Ok(())
    }

    fn part(&mut self, part: Part, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let mut json = Vec::new();
        match part {
            Part::Text(text) => {
                quote(&text.delta, &mut json);
                self.delta(Kind::Text, &json, out);
            }
            Part::Reasoning(reasoning) => {
                quote(&reasoning.delta, &mut json);
                self.delta(Kind::Reasoning, &json, out);
            }
            Part::ToolCall(call) => self.call(call, out)?,
            Part::ToolInput(input) => self.input(&input, out)?,
            Part::ToolResult(result) => {
                self.state.known("the result", &result.id)?;
                self.close(Closing::Next, out);
                self.protocol.tool_result(&result, out);
                self.state.calls.insert(result.id, true);
            }
            Part::Source(source) => {
                self.beside(out);
                self.protocol.source(&source, out);
            }
            Part::File(file) => {
                self.beside(out);
                self.protocol.file(&file, out);
            }
            Part::Data(Data { name, value, id, .. }) => {
                self.beside(out);
                self.protocol.data(&name, id.as_deref(), value.to_string().as_bytes(), out);
            }
            Part::Step(Step { name, .. }) => {
                self.close(Closing::Next, out);
                self.protocol.step(name.as_deref(), out);
            }
            Part::Usage(usage) => self.usage.get_or_insert_default().add(&usage),
            Part::Finish(Finish { reason, .. }) => self.state.finish = Some(reason),
        }
        Ok(())
    }

    fn call(&mut self, call: ToolCall, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let ToolCall { id, name, input, .. } = call;
        if self.state.calls.contains_key(&id) {
            return Err(Unwritable::new(format!(
                "there is a tool call `{id}` already: give each call an id of its own"
            )));
        }
        self.close(Closing::Next, out);
        self.state.calls.insert(id.clone(), false);
        let part = self.next_part(Kind::Tool { id, name, input: String::new() });
        match input {
            Some(input) => self.protocol.call(&part, &input.to_string(), out),
            None => {
                self.protocol.open(&part, out);
                self.open = Some(part);
            }
        }
        Ok(())
    }

    fn input(&mut self, delta: &ToolInput, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if let Some(part) = &mut self.open {
            if let Kind::Tool { id, input, .. } = &mut part.kind {
                if *id == delta.id {
                    if !delta.delta.is_empty() {
                        input.push_str(&delta.delta);
                        self.protocol.delta(part, &quoted(&delta.delta), out);
                    }
                    return Ok(());
                }
            }
        }
        self.state.known("the input", &delta.id)?;
        Err(Unwritable::new(format!(
            "the input of the tool call `{}` has ended already, where another part began: stream it whole before that",
            delta.id
        )))
    }
}

impl<P: Protocol> Format for Answer<P> {
    fn headers(&self, headers: &mut HeaderMap) {
        self.protocol.headers(headers);
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        self.protocol.begin(out);
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if content.is_bytes() {
            return Err(Unwritable::new(
                "an answer is text and JSON, and `Packet::bytes` is neither: decode it, with care for characters that \
                 are split across reads",
            ));
        }
        let mut json = mem::take(&mut self.json);
        json.clear();
        content.write_json(&mut json)?;
        let event = content.fields().and_then(|fields| fields.event.as_deref());
        let written = self.write(event, &json, out);
        if json.capacity() <= KEPT {
            self.json = json;
        }
        written
    }

    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        self.close(Closing::Next, out);
        let result = result.filter(|json| *json != b"null");
        let end = End { result, usage: self.usage.as_ref(), finish: self.state.finish() };
        self.protocol.done(&end, out);
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending {
        self.close(Closing::Failed, out);
        self.protocol.failed(problem, self.usage.as_ref(), out)
    }

    fn heartbeat(&self) -> &'static [u8] {
        self.protocol.heartbeat()
    }

    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        self.protocol.early_failure()
    }

    fn is_document(&self) -> bool {
        self.protocol.is_document()
    }
}

/// Whether a client cancelled the action.
pub(super) fn is_cancelled(problem: &Problem) -> bool {
    problem.ended_by() == EndedBy::Cancel
}

/// The text of a failure.
pub(super) fn text_of(problem: &Problem) -> &str {
    problem.detail().unwrap_or_else(|| problem.title())
}

/// Ids of one kind that the stream has seen.
pub(super) type Ids = HashSet<String>;
