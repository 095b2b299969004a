//! `ag_ui`: the events of AG-UI 1.0 (`ag-ui-protocol/ag-ui`, `@ag-ui/core`), in an order that its verifier accepts
//! (`@ag-ui/client`, `verifyEvents`).

// The files:
//
// - `mod`: the format
// - `own`: the action's own events

mod own;

use std::{mem, sync::Arc};

use serde_json::{Value, json};

use self::own::{EVENTS, OF_THE_RUN};
use super::{
    asked::{Asked, new_id},
    packet::{ApprovalRequest, ToolResult, Usage},
    protocol::{Closing, End, Ids, Kind, Marks, OpenPart, Own, Passing, Protocol, State, is_cancelled, text_of},
    wire::{event_of, event_of_json},
};
use crate::format::{Ending, problem::Problem};
use crate::packet::content::Unwritable;

#[derive(Debug)]
pub(super) struct AgUi {
    asked: Arc<Asked>,
    thread: String,
    run: String,
    /// The id of the first message, with which all others begin.
    message: String,
    /// The message that tool calls belong to.
    parent: Option<String>,
    has_message: bool,
    results: u64,
    step: Option<String>,
    steps: u64,
    /// What the action's own events have opened: its name here, and the event that closes it.
    opened: Vec<(String, Vec<u8>)>,
    finished_subagents: Ids,
    /// What the person is asked, for the end.
    approvals: Vec<ApprovalRequest>,
    /// The part that the action's own `…_CHUNK` events are about.
    chunk: Option<String>,
}

impl AgUi {
    pub(super) fn new(asked: &Arc<Asked>) -> Self {
        let or_new = |id: &Option<String>, prefix| id.clone().unwrap_or_else(|| new_id(prefix));
        Self {
            thread: or_new(&asked.thread_id, "thread-"),
            run: or_new(&asked.run_id, "run-"),
            message: or_new(&asked.message_id, "message-"),
            asked: asked.clone(),
            parent: None,
            has_message: false,
            results: 0,
            step: None,
            steps: 0,
            opened: Vec::new(),
            finished_subagents: Ids::new(),
            approvals: Vec::new(),
            chunk: None,
        }
    }

    fn id(&self, part: &OpenPart) -> String {
        format!("{}-{}", self.message, part.index)
    }

    /// The id of the open text, which is also the parent of the next tool calls.
    fn text_id(&self) -> &str {
        self.parent.as_deref().unwrap_or(&self.message)
    }

    fn end_step(&mut self, out: &mut Vec<u8>) {
        if let Some(name) = self.step.take() {
            event_of("STEP_FINISHED", out).str("stepName", &name).end();
        }
    }

    /// Closes what an own event has opened under this name, so that the name is free.
    fn free(&mut self, name: &str, out: &mut Vec<u8>) {
        if let Some(at) = self.find(name) {
            event_of_json(&self.opened.remove(at).1, out);
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.opened.iter().position(|(opened, _)| opened == name)
    }

    /// Closes all that is open, and ends the run.
    fn finish(&mut self, result: Option<&[u8]>, outcome: Option<Value>, usage: Option<&Usage>, out: &mut Vec<u8>) {
        for (_, event) in mem::take(&mut self.opened).into_iter().rev() {
            event_of_json(&event, out);
        }
        self.end_step(out);
        let event = event_of("RUN_FINISHED", out).str("threadId", &self.thread).str("runId", &self.run);
        let usage = usage.map(|usage| usage_of(&self.asked, usage));
        event.some_json("result", result).some("outcome", outcome).some("usage", usage).end();
    }

    /// The outcome of a run that waits for approvals.
    fn interrupt(&self, end: &End<'_>) -> Option<Value> {
        let waits = |request: &&ApprovalRequest| end.calls.get(&request.id) != Some(&true);
        let interrupts: Vec<_> = self.approvals.iter().filter(waits).map(interrupt_of).collect();
        (!interrupts.is_empty()).then(|| json!({ "type": "interrupt", "interrupts": interrupts }))
    }
}

/// A question to the person as AG-UI's `Interrupt`.
fn interrupt_of(request: &ApprovalRequest) -> Value {
    let mut interrupt = json!({
        "id": request.id,
        "reason": "tool_call",
        "toolCallId": request.id,
        "responseSchema": {
            "type": "object",
            "properties": { "approved": { "type": "boolean" }, "reason": { "type": "string" } },
            "required": ["approved"],
        },
    });
    if let Some(reason) = &request.reason {
        interrupt["message"] = reason.as_str().into();
    }
    interrupt
}

/// Tokens as AG-UI's `TokenUsage`.
fn usage_of(asked: &Asked, usage: &Usage) -> Value {
    let mut members = json!({
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total(),
        "reasoningTokens": usage.reasoning_tokens,
        "cachedInputTokens": usage.cached_tokens,
    });
    if let Some(model) = &asked.model {
        members["model"] = model.as_str().into();
    }
    Value::Array(vec![members])
}

impl Protocol for AgUi {
    const OWN: Option<&'static str> = Some("an event of AG-UI");

    fn begin(&mut self, out: &mut Vec<u8>) {
        event_of("RUN_STARTED", out).str("threadId", &self.thread).str("runId", &self.run).end();
    }

    fn open(&mut self, part: &OpenPart, out: &mut Vec<u8>) {
        self.chunk = None;
        let id = self.id(part);
        match &part.kind {
            Kind::Text => {
                let is_first = !mem::replace(&mut self.has_message, true);
                let id = if is_first { self.message.clone() } else { id };
                self.free(&format!("message `{id}`"), out);
                event_of("TEXT_MESSAGE_START", out).str("messageId", &id).str("role", "assistant").end();
                self.parent = Some(id);
            }
            Kind::Reasoning => {
                self.free(&format!("reasoning message `{id}`"), out);
                self.free(&format!("reasoning `{id}`"), out);
                event_of("REASONING_START", out).str("messageId", &id).end();
                event_of("REASONING_MESSAGE_START", out).str("messageId", &id).str("role", "reasoning").end();
            }
            Kind::Tool { id: call, name, .. } => {
                let parent = self.parent.get_or_insert(id);
                let event = event_of("TOOL_CALL_START", out).str("toolCallId", call).str("toolCallName", name);
                event.str("parentMessageId", parent).end();
            }
        }
    }

    fn delta(&mut self, part: &OpenPart, json: &[u8], out: &mut Vec<u8>) {
        let event = match &part.kind {
            Kind::Text => event_of("TEXT_MESSAGE_CONTENT", out).str("messageId", self.text_id()),
            Kind::Reasoning => event_of("REASONING_MESSAGE_CONTENT", out).str("messageId", &self.id(part)),
            Kind::Tool { id, .. } => event_of("TOOL_CALL_ARGS", out).str("toolCallId", id),
        };
        event.json("delta", json).end();
    }

    /// A call without input has an empty object: clients read the arguments as JSON.
    fn close(&mut self, part: &OpenPart, why: Closing, out: &mut Vec<u8>) {
        match &part.kind {
            Kind::Tool { id, input, .. } if input.is_empty() && why == Closing::Next => {
                self.delta(part, b"\"{}\"", out);
                event_of("TOOL_CALL_END", out).str("toolCallId", id).end();
            }
            Kind::Text => event_of("TEXT_MESSAGE_END", out).str("messageId", self.text_id()).end(),
            Kind::Reasoning => {
                let id = self.id(part);
                event_of("REASONING_MESSAGE_END", out).str("messageId", &id).end();
                event_of("REASONING_END", out).str("messageId", &id).end();
            }
            Kind::Tool { id, .. } => event_of("TOOL_CALL_END", out).str("toolCallId", id).end(),
        }
    }

    fn tool_result(&mut self, result: &ToolResult, out: &mut Vec<u8>) {
        self.chunk = None;
        // What comes next answers the result, so it is another message.
        self.parent = None;
        self.results += 1;
        let id = format!("{}-result-{}", self.message, self.results);
        let event = event_of("TOOL_CALL_RESULT", out).str("messageId", &id).str("toolCallId", &result.id);
        event.str("content", &result.text()).str("role", "tool").end();
    }

    /// A run that asks for something ends with it: the protocol's interrupt.
    fn approval_request(&mut self, request: ApprovalRequest, _out: &mut Vec<u8>) {
        self.chunk = None;
        self.approvals.retain(|known| known.id != request.id);
        self.approvals.push(request);
    }

    fn data(&mut self, name: &str, _id: Option<&str>, json: &[u8], out: &mut Vec<u8>) {
        self.chunk = None;
        event_of("CUSTOM", out).str("name", name).json("value", json).end();
    }

    fn step(&mut self, name: Option<&str>, out: &mut Vec<u8>) {
        self.chunk = None;
        self.end_step(out);
        self.steps += 1;
        let name = name.map_or_else(|| format!("step {}", self.steps), str::to_owned);
        self.free(&format!("step `{name}`"), out);
        event_of("STEP_STARTED", out).str("stepName", &name).end();
        self.step = Some(name);
    }

    fn is_own(&self, marks: &Marks) -> bool {
        marks.kind().is_some_and(|kind| EVENTS.contains(&kind) || OF_THE_RUN.contains(&kind))
    }

    fn own(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        self.own_event(own, state)
    }

    fn pass(&mut self, own: &Own<'_>, json: &[u8], out: &mut Vec<u8>) {
        if own.kind == "TOOL_CALL_RESULT" {
            self.parent = None;
        }
        event_of_json(json, out);
    }

    fn done(&mut self, end: &End<'_>, out: &mut Vec<u8>) {
        self.finish(end.result, self.interrupt(end), end.usage, out);
    }

    /// An error may come at any time. A run that was stopped has not failed.
    fn failed(&mut self, problem: &Problem, usage: Option<&Usage>, out: &mut Vec<u8>) -> Ending {
        if is_cancelled(problem) {
            self.finish(None, Some(json!({ "type": "cancelled" })), usage, out);
            return Ending::Clean;
        }
        let usage = usage.map(|usage| usage_of(&self.asked, usage));
        let event = event_of("RUN_ERROR", out).str("message", text_of(problem));
        event.str("code", problem.status().as_str()).some("usage", usage).end();
        Ending::Clean
    }
}
