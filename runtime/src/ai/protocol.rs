//! The words of a protocol: what a format of this room has to say, and what it may know.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    asked::Asked,
    packet::{File, FinishReason, Source, ToolResult, Usage},
    wire::{event_of_json, object, quoted},
};
use crate::format::{
    Ending,
    problem::{EndedBy, Problem},
};
use crate::packet::content::Unwritable;

/// The words of one protocol. [`Answer`](super::answer::Answer) calls them in an order that the protocol allows.
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
        event_of_json(json, out);
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
    pub(super) ai: Option<Value>,
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

    pub(super) fn finish(&self) -> FinishReason {
        let waits = self.calls.values().any(|has_result| !has_result);
        self.finish.unwrap_or(if waits { FinishReason::ToolCalls } else { FinishReason::Stop })
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
