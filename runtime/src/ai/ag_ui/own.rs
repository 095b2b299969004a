//! The action's own events: each goes through, unless the verifier would refuse it.

use super::AgUi;
use crate::ai::{
    protocol::{Own, Passing, State},
    wire::object,
};
use crate::packet::content::Unwritable;

/// The events that an action may send itself: all of `EventType` but those of the run.
pub(super) const EVENTS: &[&str] = &[
    "ACTIVITY_DELTA",
    "ACTIVITY_SNAPSHOT",
    "CUSTOM",
    "MESSAGES_SNAPSHOT",
    "RAW",
    "REASONING_ENCRYPTED_VALUE",
    "REASONING_END",
    "REASONING_MESSAGE_CHUNK",
    "REASONING_MESSAGE_CONTENT",
    "REASONING_MESSAGE_END",
    "REASONING_MESSAGE_START",
    "REASONING_START",
    "STATE_DELTA",
    "STATE_SNAPSHOT",
    "STEP_FINISHED",
    "STEP_STARTED",
    "SUBAGENT_ERROR",
    "SUBAGENT_FINISHED",
    "SUBAGENT_STARTED",
    "TEXT_MESSAGE_CHUNK",
    "TEXT_MESSAGE_CONTENT",
    "TEXT_MESSAGE_END",
    "TEXT_MESSAGE_START",
    "TOOL_CALL_ARGS",
    "TOOL_CALL_CHUNK",
    "TOOL_CALL_END",
    "TOOL_CALL_RESULT",
    "TOOL_CALL_START",
];

/// The events of the run, which only the format sends.
pub(super) const OF_THE_RUN: &[&str] = &["RUN_STARTED", "RUN_FINISHED", "RUN_ERROR"];

impl AgUi {
    pub(super) fn own_event(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        if OF_THE_RUN.contains(&own.kind) {
            let help = "its ids are those of the request, its result is what the action returns";
            return Err(Unwritable::new(format!("`{}` is sent by the format alone: {help}", own.kind)));
        }
        let chunk = self.chunk.take();
        match own.kind {
            "TEXT_MESSAGE_START" => self.open_own("message", "TEXT_MESSAGE_END", "messageId", own),
            "TEXT_MESSAGE_CONTENT" => {
                self.is_open("message", "TEXT_MESSAGE_START", "messageId", own).map(|_| Passing::Closing)
            }
            "TEXT_MESSAGE_END" => self.end_own("message", "TEXT_MESSAGE_START", "messageId", own),
            "TEXT_MESSAGE_CHUNK" => self.chunk("message", "messageId", own, chunk.as_deref()),
            "REASONING_START" => self.open_own("reasoning", "REASONING_END", "messageId", own),
            "REASONING_END" => self.end_own("reasoning", "REASONING_START", "messageId", own),
            "REASONING_MESSAGE_START" => self.open_own("reasoning message", "REASONING_MESSAGE_END", "messageId", own),
            "REASONING_MESSAGE_CONTENT" => {
                let open = self.is_open("reasoning message", "REASONING_MESSAGE_START", "messageId", own);
                open.map(|_| Passing::Closing)
            }
            "REASONING_MESSAGE_END" => self.end_own("reasoning message", "REASONING_MESSAGE_START", "messageId", own),
            "REASONING_MESSAGE_CHUNK" => self.chunk("reasoning message", "messageId", own, chunk.as_deref()),
            "TOOL_CALL_START" => {
                own.text("toolCallName")?;
                let passing = self.open_own("tool call", "TOOL_CALL_END", "toolCallId", own)?;
                state.calls.entry(own.text("toolCallId")?.to_owned()).or_insert(false);
                Ok(passing)
            }
            "TOOL_CALL_ARGS" => {
                self.is_open("tool call", "TOOL_CALL_START", "toolCallId", own).map(|_| Passing::Closing)
            }
            "TOOL_CALL_END" => self.end_own("tool call", "TOOL_CALL_START", "toolCallId", own),
            "TOOL_CALL_CHUNK" => {
                let passing = self.chunk("tool call", "toolCallId", own, chunk.as_deref())?;
                state.calls.entry(own.text("toolCallId")?.to_owned()).or_insert(false);
                Ok(passing)
            }
            "TOOL_CALL_RESULT" => {
                let call = own.text("toolCallId")?;
                state.known("the result", call)?;
                state.calls.insert(call.to_owned(), true);
                Ok(Passing::Closing)
            }
            "STEP_STARTED" => {
                let name = own.text("stepName")?;
                if own.get("subagentRunId").is_none() && self.step.as_deref() == Some(name) {
                    return Err(Unwritable::new(format!("the step `{name}` is open already")));
                }
                self.open_own("step", "STEP_FINISHED", "stepName", own)
            }
            "STEP_FINISHED" => self.end_own("step", "STEP_STARTED", "stepName", own),
            "SUBAGENT_STARTED" => {
                let id = own.text("subagentRunId")?;
                own.text("name")?;
                if self.finished_subagents.contains(id) {
                    return Err(Unwritable::new(format!("the subagent `{id}` has finished already")));
                }
                self.open_own("subagent", "SUBAGENT_FINISHED", "subagentRunId", own)
            }
            "SUBAGENT_FINISHED" | "SUBAGENT_ERROR" => {
                let passing = self.end_own("subagent", "SUBAGENT_STARTED", "subagentRunId", own)?;
                self.finished_subagents.insert(own.text("subagentRunId")?.to_owned());
                Ok(passing)
            }
            "MESSAGES_SNAPSHOT" => Ok(Passing::Closing),
            _ => {
                self.chunk = chunk.filter(|_| !own.kind.starts_with("STATE_") && own.kind != "CUSTOM");
                Ok(Passing::Beside)
            }
        }
    }

    /// Opens something by an own event; `ends` is the type of the event that closes it.
    fn open_own(&mut self, what: &str, ends: &str, key: &str, own: &Own<'_>) -> Result<Passing, Unwritable> {
        let id = own.text(key)?;
        let name = format!("{what} `{id}`{}", subagent(what, own));
        if self.find(&name).is_some() {
            return Err(Unwritable::new(format!("the {name} is open already: send its `{ends}` first")));
        }
        let mut end = Vec::new();
        let subagent = own.get("subagentRunId").filter(|_| key != "subagentRunId");
        object(&mut end).str("type", ends).str(key, id).some("subagentRunId", subagent).end();
        self.opened.push((name, end));
        Ok(Passing::Closing)
    }

    /// Refuses an own event about something that is not open.
    fn is_open(&self, what: &str, starts: &str, key: &str, own: &Own<'_>) -> Result<usize, Unwritable> {
        let name = format!("{what} `{}`{}", own.text(key)?, subagent(what, own));
        let why = || Unwritable::new(format!("`{}` of the {name} comes without its `{starts}`", own.kind));
        self.find(&name).ok_or_else(why)
    }

    fn end_own(&mut self, what: &str, starts: &str, key: &str, own: &Own<'_>) -> Result<Passing, Unwritable> {
        let at = self.is_open(what, starts, key, own)?;
        self.opened.remove(at);
        Ok(Passing::Closing)
    }

    /// Takes an own `…_CHUNK`, of which the client makes the events around a part.
    fn chunk(&mut self, what: &str, key: &str, own: &Own<'_>, before: Option<&str>) -> Result<Passing, Unwritable> {
        let name = format!("{what} `{}`", own.text(key)?);
        if self.find(&name).is_some() {
            return Err(Unwritable::new(format!("`{}` is about the {name}, which is open by other events", own.kind)));
        }
        if what == "tool call" && before != Some(&name) {
            own.text("toolCallName")?;
        }
        self.chunk = Some(name);
        Ok(Passing::Closing)
    }
}

/// Steps of the same name may be open in several subagents.
fn subagent(what: &str, own: &Own<'_>) -> String {
    let subagent = own.get("subagentRunId").filter(|_| what == "step");
    subagent.map(|id| format!(" of the subagent `{id}`")).unwrap_or_default()
}
