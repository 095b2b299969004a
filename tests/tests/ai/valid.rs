//! The rules of each protocol, as its client checks them, and that every part that was opened is closed at the end.
//!
//! - AI SDK: `processUIMessageStream` of `ai`
//! - AG-UI: `transformChunks` and `verifyEvents` of `@ag-ui/client`
//! - OpenAI: `ChatCompletionStream` and `accumulateResponse` of `openai`
//! - Anthropic: `MessageStream` of `@anthropic-ai/sdk`, and the order that its documentation gives

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Event, data, events};

/// The broken rule.
pub(super) type Broken = String;

/// Checks a whole stream: it begins, goes on and ends as the protocol says.
pub(super) fn check(format: &str, stream: &str) -> Result<(), Broken> {
    match format {
        "ai_sdk" => ai_sdk(&data(stream)),
        "ag_ui" => ag_ui(&data(stream)),
        "openai_chat" => openai_chat(&data(stream)),
        "openai_responses" => openai_responses(&named(stream)?),
        "anthropic" => anthropic(&named(stream)?),
        other => Err(format!("no format {other}")),
    }
}

fn rule(holds: bool, broken: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken()) }
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, Broken> {
    value[key].as_str().ok_or_else(|| format!("no string `{key}`: {value}"))
}

/// Events whose name is their type.
fn named(stream: &str) -> Result<Vec<Value>, Broken> {
    let event = |(name, data): Event| {
        let value: Value = serde_json::from_str(&data).map_err(|error| format!("{error}: {data}"))?;
        rule(name.as_deref() == value["type"].as_str(), || format!("another name: {name:?}: {data}"))?;
        Ok(value)
    };
    events(stream).into_iter().map(event).collect()
}

#[derive(Default)]
struct UiMessage {
    /// The open text and reasoning, as kind and id.
    active: HashSet<(&'static str, String)>,
    partial: HashSet<String>,
    /// The tool calls of the message, and `None` where a step starts.
    parts: Vec<Option<String>>,
    approvals: HashSet<String>,
}

impl UiMessage {
    fn part(&mut self, kind: &'static str, event: &str, chunk: &Value) -> Result<(), Broken> {
        let part = (kind, text(chunk, "id")?.to_owned());
        match event {
            "start" => rule(self.active.insert(part), || format!("open twice: {chunk}")),
            "delta" => {
                text(chunk, "delta")?;
                rule(self.active.contains(&part), || format!("not open: {chunk}"))
            }
            _ => rule(self.active.remove(&part), || format!("not open: {chunk}")),
        }
    }

    fn knows(&self, chunk: &Value) -> Result<(), Broken> {
        let id = text(chunk, "toolCallId")?;
        rule(self.parts.iter().flatten().any(|call| call == id), || format!("no such call: {chunk}"))
    }

    fn call(&mut self, chunk: &Value) -> Result<(), Broken> {
        text(chunk, "toolName")?;
        self.parts.push(Some(text(chunk, "toolCallId")?.to_owned()));
        Ok(())
    }

    fn chunk(&mut self, chunk: &Value) -> Result<(), Broken> {
        match text(chunk, "type")? {
            kind if kind.starts_with("text-") => self.part("text", &kind[5..], chunk),
            "reasoning-file" => text(chunk, "url").map(drop),
            kind if kind.starts_with("reasoning-") => self.part("reasoning", &kind[10..], chunk),
            "tool-input-start" => {
                self.partial.insert(text(chunk, "toolCallId")?.to_owned());
                self.call(chunk)
            }
            "tool-input-delta" => {
                text(chunk, "inputTextDelta")?;
                let id = text(chunk, "toolCallId")?;
                rule(self.partial.contains(id), || format!("no such input: {chunk}"))
            }
            "tool-input-available" | "tool-input-error" => self.call(chunk),
            "tool-approval-request" => {
                self.approvals.insert(text(chunk, "approvalId")?.to_owned());
                self.knows(chunk)
            }
            "tool-approval-response" => {
                let id = text(chunk, "approvalId")?;
                rule(self.approvals.contains(id), || format!("no such approval: {chunk}"))
            }
            kind if kind.starts_with("tool-output-") => self.knows(chunk),
            "start-step" => {
                self.parts.push(None);
                Ok(())
            }
            "finish-step" => {
                self.active.clear();
                Ok(())
            }
            "reset-step" => {
                self.active.clear();
                self.partial.clear();
                let step = self.parts.iter().rposition(Option::is_none).map_or(0, |at| at + 1);
                self.parts.truncate(step);
                Ok(())
            }
            "start" | "message-metadata" | "custom" | "source-url" | "source-document" | "file" => Ok(()),
            kind if kind.starts_with("data-") => rule(chunk.get("data").is_some(), || format!("no data: {chunk}")),
            _ => Err(format!("no chunk: {chunk}")),
        }
    }
}

fn ai_sdk(chunks: &[Value]) -> Result<(), Broken> {
    let [first, middle @ .., end, done] = chunks else { return Err("too short".into()) };
    rule(first["type"] == "start", || format!("no start: {first}"))?;
    rule(done == "[DONE]", || format!("not done: {done}"))?;
    let mut message = UiMessage::default();
    middle.iter().try_for_each(|chunk| message.chunk(chunk))?;
    rule(message.active.is_empty(), || format!("open at the end: {:?}", message.active))?;
    rule(["finish", "error", "abort"].iter().any(|kind| end["type"] == *kind), || format!("no end: {end}"))
}

#[derive(Default)]
struct Run {
    /// What is open: the word for it, and its id.
    open: HashSet<(&'static str, String)>,
    finished_subagents: HashSet<String>,
    /// The part that chunks are about, as word and id.
    chunk: Option<(&'static str, String)>,
}

impl Run {
    fn start(&mut self, what: &'static str, id: &str, event: &Value) -> Result<(), Broken> {
        rule(self.open.insert((what, id.to_owned())), || format!("open already: {event}"))
    }

    fn is_open(&self, what: &'static str, id: &str, event: &Value) -> Result<(), Broken> {
        rule(self.open.contains(&(what, id.to_owned())), || format!("not open: {event}"))
    }

    fn end(&mut self, what: &'static str, id: &str, event: &Value) -> Result<(), Broken> {
        rule(self.open.remove(&(what, id.to_owned())), || format!("not open: {event}"))
    }

    /// A chunk opens its part if it is not the one of the chunk before, and closes that one.
    fn chunk(&mut self, what: &'static str, id: &str, event: &Value) -> Result<(), Broken> {
        let part = (what, id.to_owned());
        if self.chunk.as_ref() == Some(&part) {
            return Ok(());
        }
        if let Some(before) = self.chunk.take() {
            self.open.remove(&before);
        }
        rule(what != "call" || event["toolCallName"].is_string(), || format!("no name: {event}"))?;
        self.start(what, id, event)?;
        self.chunk = Some(part);
        Ok(())
    }

    fn event(&mut self, event: &Value) -> Result<(), Broken> {
        let kind = text(event, "type")?;
        let is_chunk = kind.ends_with("_CHUNK");
        let keeps = ["RAW", "ACTIVITY_SNAPSHOT", "ACTIVITY_DELTA", "REASONING_ENCRYPTED_VALUE", "SUBAGENT_STARTED"];
        if !is_chunk && !keeps.contains(&kind) {
            if let Some(part) = self.chunk.take() {
                self.open.remove(&part);
            }
        }
        let message = || text(event, "messageId");
        let call = || text(event, "toolCallId");
        let step = || Ok::<_, Broken>(format!("{} {}", text(event, "stepName")?, event["subagentRunId"]));
        match kind {
            "TEXT_MESSAGE_START" => self.start("message", message()?, event),
            "TEXT_MESSAGE_CONTENT" => {
                text(event, "delta")?;
                self.is_open("message", message()?, event)
            }
            "TEXT_MESSAGE_END" => self.end("message", message()?, event),
            "TEXT_MESSAGE_CHUNK" => self.chunk("message", message()?, event),
            "REASONING_START" => self.start("reasoning", message()?, event),
            "REASONING_END" => self.end("reasoning", message()?, event),
            "REASONING_MESSAGE_START" => self.start("reasoning message", message()?, event),
            "REASONING_MESSAGE_CONTENT" => self.is_open("reasoning message", message()?, event),
            "REASONING_MESSAGE_END" => self.end("reasoning message", message()?, event),
            "REASONING_MESSAGE_CHUNK" => self.chunk("reasoning message", message()?, event),
            "TOOL_CALL_START" => {
                text(event, "toolCallName")?;
                self.start("call", call()?, event)
            }
            "TOOL_CALL_ARGS" => self.is_open("call", call()?, event),
            "TOOL_CALL_END" => self.end("call", call()?, event),
            "TOOL_CALL_CHUNK" => self.chunk("call", call()?, event),
            "TOOL_CALL_RESULT" => text(event, "content").and(message()).map(drop),
            "STEP_STARTED" => self.start("step", &step()?, event),
            "STEP_FINISHED" => self.end("step", &step()?, event),
            "SUBAGENT_STARTED" => {
                let id = text(event, "subagentRunId")?;
                rule(!self.finished_subagents.contains(id), || format!("has finished: {event}"))?;
                self.start("subagent", id, event)
            }
            "SUBAGENT_FINISHED" | "SUBAGENT_ERROR" => {
                let id = text(event, "subagentRunId")?;
                self.finished_subagents.insert(id.to_owned());
                self.end("subagent", id, event)
            }
            "CUSTOM"
            | "RAW"
            | "STATE_SNAPSHOT"
            | "STATE_DELTA"
            | "MESSAGES_SNAPSHOT"
            | "ACTIVITY_SNAPSHOT"
            | "ACTIVITY_DELTA"
            | "REASONING_ENCRYPTED_VALUE" => Ok(()),
            _ => Err(format!("no event: {event}")),
        }
    }
}

fn ag_ui(events: &[Value]) -> Result<(), Broken> {
    let [first, middle @ .., end] = events else { return Err("too short".into()) };
    rule(first["type"] == "RUN_STARTED", || format!("no start: {first}"))?;
    let mut run = Run::default();
    middle.iter().try_for_each(|event| run.event(event))?;
    if end["type"] == "RUN_ERROR" {
        return text(end, "message").map(drop);
    }
    rule(end["type"] == "RUN_FINISHED" && end.get("result") != Some(&Value::Null), || format!("no end: {end}"))?;
    if let Some(part) = run.chunk.take() {
        run.open.remove(&part);
    }
    rule(run.open.is_empty(), || format!("open at the end: {:?}", run.open))
}

fn openai_chat(chunks: &[Value]) -> Result<(), Broken> {
    let [first, rest @ .., last] = chunks else { return Err("too short".into()) };
    rule(first["choices"][0]["delta"]["role"] == "assistant", || format!("no role: {first}"))?;
    let (mut calls, mut has_finished) = (HashMap::new(), false);
    for chunk in rest {
        rule(chunk["object"] == "chat.completion.chunk", || format!("no chunk: {chunk}"))?;
        let choices = chunk["choices"].as_array().ok_or_else(|| format!("no choices: {chunk}"))?;
        for choice in choices {
            has_finished |= choice["finish_reason"].is_string();
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let index = call["index"].as_u64().ok_or_else(|| format!("no index: {chunk}"))?;
                match call["id"].as_str() {
                    Some(id) => rule(calls.insert(index, id).is_none(), || format!("an index twice: {chunk}"))?,
                    None => rule(calls.contains_key(&index), || format!("no such call: {chunk}"))?,
                }
            }
        }
    }
    if last["error"].is_object() {
        return text(&last["error"], "type").map(drop);
    }
    rule(last == "[DONE]" && has_finished, || format!("no end: {last}"))
}

fn openai_responses(events: &[Value]) -> Result<(), Broken> {
    let [first, middle @ .., end] = events else { return Err("too short".into()) };
    rule(first["type"] == "response.created", || format!("not created: {first}"))?;
    for (at, event) in events.iter().enumerate() {
        rule(event["sequence_number"] == at, || format!("not number {at}: {event}"))?;
    }
    // For each item the parts of its content and of its summary, or `None` once it is done.
    let mut items: Vec<Option<[u64; 2]>> = Vec::new();
    for event in middle {
        let kind = text(event, "type")?;
        if kind == "response.output_item.added" {
            rule(event["output_index"] == items.len(), || format!("not the next item: {event}"))?;
            items.push(Some([0, 0]));
            continue;
        }
        let Some(index) = event.get("output_index") else { continue };
        let at = index.as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX);
        let item = items.get_mut(at).ok_or_else(|| format!("no such item: {event}"))?;
        let parts = item.as_mut().ok_or_else(|| format!("the item is done: {event}"))?;
        for (count, key, adds) in [
            (0, "content_index", "response.content_part.added"),
            (1, "summary_index", "response.reasoning_summary_part.added"),
        ] {
            parts[count] += u64::from(kind == adds);
            let Some(index) = event.get(key).and_then(Value::as_u64) else { continue };
            rule(index < parts[count], || format!("no such part: {event}"))?;
        }
        if kind == "response.output_item.done" {
            *item = None;
        }
    }
    rule(items.iter().all(Option::is_none), || format!("open at the end: {items:?}"))?;
    let ends = ["response.completed", "response.incomplete", "response.failed"];
    rule(ends.iter().any(|kind| end["type"] == *kind), || format!("no end: {end}"))?;
    let output = end["response"]["output"].as_array().map(Vec::len);
    rule(output == Some(items.len()), || format!("another output: {end}"))
}

fn anthropic(events: &[Value]) -> Result<(), Broken> {
    let [first, middle @ .., end] = events else { return Err("too short".into()) };
    rule(first["type"] == "message_start", || format!("no start: {first}"))?;
    let (mut blocks, mut open, mut has_delta) = (0, None, false);
    for event in middle {
        rule(!has_delta, || format!("after the delta of the message: {event}"))?;
        match text(event, "type")? {
            "ping" | "data" => {}
            "content_block_start" => {
                rule(open.is_none() && event["index"] == blocks, || format!("not the next block: {event}"))?;
                open = Some(event["index"].clone());
                blocks += 1;
            }
            "content_block_delta" => rule(open.as_ref() == Some(&event["index"]), || format!("not open: {event}"))?,
            "content_block_stop" => {
                rule(open.take().as_ref() == Some(&event["index"]), || format!("not open: {event}"))?;
            }
            "message_delta" => {
                text(&event["delta"], "stop_reason")?;
                has_delta = true;
            }
            _ => return Err(format!("no event: {event}")),
        }
    }
    rule(open.is_none(), || format!("a block is open at the end: {open:?}"))?;
    match text(end, "type")? {
        "error" => text(&end["error"], "type").map(drop),
        "message_stop" if has_delta => Ok(()),
        _ => Err(format!("no end: {end}")),
    }
}
