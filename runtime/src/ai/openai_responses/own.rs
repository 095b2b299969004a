//! The action's own events. They go through with other numbers: that of the event, and that of the item in this response.

use serde_json::{Map, Value, json};

use super::Responses;
use crate::ai::protocol::{Own, Passing, State};
use crate::packet::content::Unwritable;

/// The events that an action may send itself: those that OpenAI's client knows besides those below. It fails at any other.
pub(super) const EVENTS: &[&str] = &[
    "response.audio.delta",
    "response.audio.done",
    "response.audio.transcript.delta",
    "response.audio.transcript.done",
    "response.code_interpreter_call.completed",
    "response.code_interpreter_call.in_progress",
    "response.code_interpreter_call.interpreting",
    "response.code_interpreter_call_code.delta",
    "response.code_interpreter_call_code.done",
    "response.compaction.compacting",
    "response.content_part.added",
    "response.content_part.done",
    "response.custom_tool_call_input.delta",
    "response.custom_tool_call_input.done",
    "response.file_search_call.completed",
    "response.file_search_call.in_progress",
    "response.file_search_call.searching",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.image_generation_call.completed",
    "response.image_generation_call.generating",
    "response.image_generation_call.in_progress",
    "response.image_generation_call.partial_image",
    "response.mcp_call.completed",
    "response.mcp_call.failed",
    "response.mcp_call.in_progress",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    "response.mcp_list_tools.completed",
    "response.mcp_list_tools.failed",
    "response.mcp_list_tools.in_progress",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.annotation.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_part.done",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
    "response.reasoning_text.delta",
    "response.reasoning_text.done",
    "response.refusal.delta",
    "response.refusal.done",
    "response.shell_call_command.added",
    "response.shell_call_command.delta",
    "response.shell_call_command.done",
    "response.shell_call_output_content.delta",
    "response.shell_call_output_content.done",
    "response.web_search_call.completed",
    "response.web_search_call.in_progress",
    "response.web_search_call.searching",
];

/// The events that only the format sends.
pub(super) const LIFECYCLE: &[&str] = &[
    "error",
    "response.cancelled",
    "response.completed",
    "response.created",
    "response.failed",
    "response.in_progress",
    "response.incomplete",
    "response.queued",
];

/// An item that an own event has opened.
#[derive(Debug)]
pub(super) struct OwnItem {
    /// Its index as the action spells it.
    spelled: Value,
    /// Its index in this response.
    index: usize,
    /// How many parts its content has, and its summary.
    content: u64,
    summary: u64,
}

impl Responses {
    fn find(&self, own: &Own<'_>) -> Result<usize, Unwritable> {
        let spelled = own.members.get("output_index").unwrap_or(&Value::Null);
        let found = self.own.iter().position(|item| item.spelled == *spelled);
        found.ok_or_else(|| {
            let why = format!("`{}` of the item {spelled} comes without its `response.output_item.added`", own.kind);
            Unwritable::new(why)
        })
    }

    pub(super) fn own_event(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        if LIFECYCLE.contains(&own.kind) {
            let help = "the result is what the action returns, a failure is its error";
            return Err(Unwritable::new(format!("`{}` is sent by the format alone: {help}", own.kind)));
        }
        if own.kind == "response.output_item.added" {
            let item = own.members.get("item").filter(|item| item["type"].is_string());
            let item = item.ok_or_else(|| Unwritable::new("`response.output_item.added` needs `item`"))?;
            if self.find(own).is_ok() {
                return Err(Unwritable::new(
                    "an item of this index is open: send its `response.output_item.done` first",
                ));
            }
            if let Some(id) = item["call_id"].as_str().filter(|_| item["type"] == "function_call") {
                state.calls.entry(id.to_owned()).or_insert(false);
            }
            return Ok(Passing::Closing);
        }
        if !own.members.contains_key("output_index") {
            return Ok(Passing::Beside);
        }
        let at = self.find(own)?;
        let item = &mut self.own[at];
        for (key, count, adds) in [
            ("content_index", &mut item.content, own.kind == "response.content_part.added"),
            ("summary_index", &mut item.summary, own.kind == "response.reasoning_summary_part.added"),
        ] {
            let Some(index) = own.members.get(key).and_then(Value::as_u64) else { continue };
            if index > *count || index == *count && !adds {
                let why = format!("`{}` is about a part with the `{key}` {index}, which was not added", own.kind);
                return Err(Unwritable::new(why));
            }
            *count = (*count).max(index + u64::from(adds));
        }
        Ok(Passing::Closing)
    }

    pub(super) fn pass_event(&mut self, own: &Own<'_>, out: &mut Vec<u8>) {
        let mut members: Map<String, Value> = own.members.clone();
        members.remove("type");
        members.remove("sequence_number");
        if own.kind == "response.output_item.added" {
            let spelled = members.get("output_index").cloned().unwrap_or_default();
            let index = self.items.len();
            self.own.push(OwnItem { spelled, index, content: 0, summary: 0 });
            self.items.push(own.members["item"].clone());
            members.insert("output_index".into(), index.into());
        } else if let Ok(at) = self.find(own) {
            let index = self.own[at].index;
            members.insert("output_index".into(), index.into());
            if own.kind == "response.output_item.done" {
                self.own.remove(at);
                if let Some(item) = members.get("item").filter(|item| item.is_object()) {
                    self.items[index] = item.clone();
                }
            }
        }
        self.event(own.kind, out, |event| members.iter().fold(event, |event, (key, value)| event.value(key, value)));
    }

    /// Closes the items that own events left open.
    pub(super) fn close_own(&mut self, out: &mut Vec<u8>) {
        for OwnItem { index, .. } in std::mem::take(&mut self.own) {
            self.items[index]["status"] = json!("incomplete");
            let item = self.items[index].clone();
            self.event("response.output_item.done", out, |event| {
                event.value("output_index", &index).value("item", &item)
            });
        }
    }
}
