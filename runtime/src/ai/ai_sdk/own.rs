//! The action's own chunks: each goes through, unless a page would fail at it.

use super::AiSdk;
use crate::ai::protocol::{Own, Passing, State};
use crate::packet::content::Unwritable;

/// The chunks of `ui-message-chunks.ts`, besides `data-…`.
pub(super) const CHUNKS: &[&str] = &[
    "abort",
    "custom",
    "error",
    "file",
    "finish",
    "finish-step",
    "message-metadata",
    "reasoning-delta",
    "reasoning-end",
    "reasoning-file",
    "reasoning-start",
    "reset-step",
    "source-document",
    "source-url",
    "start",
    "start-step",
    "text-delta",
    "text-end",
    "text-start",
    "tool-approval-request",
    "tool-approval-response",
    "tool-input-available",
    "tool-input-delta",
    "tool-input-error",
    "tool-input-start",
    "tool-output-available",
    "tool-output-denied",
    "tool-output-error",
];

impl AiSdk {
    pub(super) fn own_chunk(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        match own.kind {
            "start" | "message-metadata" => return Ok(Passing::Beside),
            "finish" => {
                let reason = own.members.get("finishReason");
                let reason = reason.and_then(|reason| serde_json::from_value(reason.clone()).ok());
                state.finish = reason.or(state.finish);
                self.metadata = own.members.get("messageMetadata").cloned().or(self.metadata.take());
                return Ok(Passing::Kept);
            }
            "error" | "abort" => {
                let help = "return an error from the action in its place";
                return Err(Unwritable::new(format!("`{}` ends the stream, as only the format may: {help}", own.kind)));
            }
            "text-start" => return self.open_own("text", own),
            "text-end" => return self.end_own("text", own),
            "reasoning-start" => return self.open_own("reasoning", own),
            "reasoning-end" => return self.end_own("reasoning", own),
            "text-delta" => drop(self.is_open("text", own)?),
            "reasoning-delta" => drop(self.is_open("reasoning", own)?),
            "finish-step" => {
                self.parts.clear();
                self.is_in_step = false;
            }
            "reset-step" => {
                self.parts.clear();
                self.inputs.clear();
                // The page forgets the calls of this step, and an output for one of them would be an error there.
                state.calls.clear();
            }
            "tool-input-start" => {
                let id = own.text("toolCallId")?;
                own.text("toolName")?;
                self.inputs.insert(id.to_owned());
                state.calls.entry(id.to_owned()).or_insert(false);
            }
            "tool-input-delta" => {
                let id = own.text("toolCallId")?;
                if !self.inputs.contains(id) {
                    let why = format!("`tool-input-delta` of the call `{id}` comes without its `tool-input-start`");
                    return Err(Unwritable::new(why));
                }
            }
            "tool-input-available" | "tool-input-error" => {
                let id = own.text("toolCallId")?;
                own.text("toolName")?;
                let has_result = own.kind == "tool-input-error";
                state.calls.insert(id.to_owned(), has_result);
            }
            "tool-output-available" | "tool-output-error" | "tool-output-denied" => {
                let id = own.text("toolCallId")?;
                state.known("the output", id)?;
                state.calls.insert(id.to_owned(), true);
            }
            "tool-approval-request" => {
                let approval = own.text("approvalId")?;
                state.known("the approval", own.text("toolCallId")?)?;
                self.approvals.insert(approval.to_owned());
            }
            "tool-approval-response" => {
                let id = own.text("approvalId")?;
                if !self.approvals.contains(id) && !state.asked.approvals.contains(id) {
                    let why =
                        format!("`tool-approval-response` answers `{id}`, which no `tool-approval-request` asks for");
                    return Err(Unwritable::new(why));
                }
            }
            _ => {}
        }
        Ok(Passing::Closing)
    }

    /// Refuses a chunk of a part that is not open.
    fn is_open(&self, kind: &'static str, own: &Own<'_>) -> Result<usize, Unwritable> {
        let id = own.text("id")?;
        let found = self.parts.iter().position(|part| *part == (kind, id.to_owned()));
        found.ok_or_else(|| {
            let why = format!("`{}` of the part `{id}` comes without its `{kind}-start`", own.kind);
            Unwritable::new(why)
        })
    }

    fn open_own(&mut self, kind: &'static str, own: &Own<'_>) -> Result<Passing, Unwritable> {
        let id = own.text("id")?;
        if self.is_open(kind, own).is_ok() {
            return Err(Unwritable::new(format!("the part `{id}` is open already: send its `{kind}-end` first")));
        }
        self.parts.push((kind, id.to_owned()));
        Ok(Passing::Closing)
    }

    fn end_own(&mut self, kind: &'static str, own: &Own<'_>) -> Result<Passing, Unwritable> {
        let at = self.is_open(kind, own)?;
        self.parts.remove(at);
        Ok(Passing::Closing)
    }
}
