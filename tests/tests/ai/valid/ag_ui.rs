//! AG-UI: `transformChunks` and `verifyEvents` of `@ag-ui/client`, and `ag-ui-validate`.

use std::collections::HashSet;

use serde_json::Value;

use super::{Broken, rule, text};

#[derive(Default)]
struct Run {
    /// What is open: the word for it, and its id.
    open: HashSet<(&'static str, String)>,
    finished_subagents: HashSet<String>,
    /// All calls so far.
    calls: HashSet<String>,
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
        rule(what != "call" || self.calls.insert(id.to_owned()), || format!("a call twice: {event}"))?;
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
                rule(self.calls.insert(call()?.to_owned()), || format!("a call twice: {event}"))?;
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

pub(super) fn check(events: &[Value]) -> Result<(), Broken> {
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
