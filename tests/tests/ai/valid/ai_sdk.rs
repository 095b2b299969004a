//! AI SDK: `processUIMessageStream` of `ai`.

use std::collections::HashSet;

use serde_json::Value;

use super::{Broken, rule, text};

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

pub(super) fn check(chunks: &[Value]) -> Result<(), Broken> {
    let [first, middle @ .., end, done] = chunks else { return Err("too short".into()) };
    rule(first["type"] == "start", || format!("no start: {first}"))?;
    rule(done == "[DONE]", || format!("not done: {done}"))?;
    let mut message = UiMessage::default();
    middle.iter().try_for_each(|chunk| message.chunk(chunk))?;
    rule(message.active.is_empty(), || format!("open at the end: {:?}", message.active))?;
    rule(["finish", "error", "abort"].iter().any(|kind| end["type"] == *kind), || format!("no end: {end}"))
}
