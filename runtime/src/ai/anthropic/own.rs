//! The action's own events. They go through with another index: that of the block in this message.

use super::Anthropic;
use crate::ai::{
    protocol::{Own, Passing, State},
    wire::{event_of_json, named_event},
};
use crate::packet::content::Unwritable;

/// The events that an action may send itself.
pub(super) const EVENTS: &[&str] =
    &["content_block_delta", "content_block_start", "content_block_stop", "message_delta", "ping"];

/// The events that only the format sends.
pub(super) const OF_THE_MESSAGE: &[&str] = &["error", "message_start", "message_stop"];

impl Anthropic {
    pub(super) fn own_event(&mut self, own: &Own<'_>, state: &mut State) -> Result<Passing, Unwritable> {
        match own.kind {
            "ping" => Ok(Passing::Beside),
            "message_delta" => {
                let member = |key| own.members.get(key).cloned().unwrap_or_default();
                self.end = Some((member("delta"), member("usage")));
                Ok(Passing::Kept)
            }
            "content_block_start" => {
                if self.own.is_some() {
                    let why = "a content block is open: send its `content_block_stop` before the next one starts";
                    return Err(Unwritable::new(why));
                }
                let block = own.members.get("content_block").filter(|block| block["type"].is_string());
                let block = block.ok_or_else(|| Unwritable::new("`content_block_start` needs `content_block`"))?;
                if let Some(id) = block["id"].as_str().filter(|_| block["type"] == "tool_use") {
                    state.calls.entry(id.to_owned()).or_insert(false);
                }
                self.own = Some(own.members.get("index").cloned().unwrap_or_default());
                Ok(Passing::Closing)
            }
            "content_block_delta" | "content_block_stop" => {
                let index = own.members.get("index").cloned().unwrap_or_default();
                if self.own.as_ref() != Some(&index) {
                    let why = format!("`{}` of the block {index} comes without its `content_block_start`", own.kind);
                    return Err(Unwritable::new(why));
                }
                Ok(Passing::Beside)
            }
            kind => {
                let help = "the result is what the action returns, a failure is its error";
                Err(Unwritable::new(format!("`{kind}` is sent by the format alone: {help}")))
            }
        }
    }

    pub(super) fn pass_event(&mut self, own: &Own<'_>, json: &[u8], out: &mut Vec<u8>) {
        match own.kind {
            "content_block_start" => {
                let own_index = self.own.take();
                let block = own.members.get("content_block").cloned().unwrap_or_default();
                self.start(block, out);
                self.own = own_index;
            }
            "content_block_delta" if self.asked.whole => self.add(&own.members["delta"]),
            "content_block_delta" => {
                let event = named_event(own.kind, out).value("index", &self.index());
                event.some("delta", own.members.get("delta")).end();
            }
            "content_block_stop" => self.stop_own(out),
            _ if self.asked.whole => {}
            _ => {
                out.extend_from_slice(b"event: ping\n");
                event_of_json(json, out);
            }
        }
    }
}
