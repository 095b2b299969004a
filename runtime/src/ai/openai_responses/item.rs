//! The items of a response, and the events about them.

use std::mem;

use serde_json::{Value, json};

use super::Responses;
use crate::ai::{
    protocol::{Closing, Kind},
    wire::Object,
};

/// The place that an event is about.
pub(super) struct Place {
    item: String,
    index: usize,
    has_content: bool,
}

impl Place {
    pub(super) fn put<'a>(&self, event: Object<'a>) -> Object<'a> {
        let event = event.str("item_id", &self.item).value("output_index", &self.index);
        if self.has_content { event.value("content_index", &0) } else { event }
    }
}

/// A part of an item's content.
fn content(kind: &Kind, text: &str, annotations: &[Value]) -> Value {
    match kind {
        Kind::Text => json!({ "type": "output_text", "text": text, "annotations": annotations, "logprobs": [] }),
        Kind::Reasoning | Kind::Tool { .. } => json!({ "type": "reasoning_text", "text": text }),
    }
}

impl Responses {
    /// The place of the item that was added last.
    pub(super) fn place(&self, has_content: bool) -> Place {
        let index = self.at();
        let id = self.items.get(index).and_then(|item| item["id"].as_str());
        Place { item: id.unwrap_or_default().to_owned(), index, has_content }
    }

    /// The index of the open item: own items may have been added after it only if they closed it.
    fn at(&self) -> usize {
        self.items.len().saturating_sub(1)
    }

    fn item(&self, kind: &Kind, status: &str, content: &[Value]) -> Value {
        let id = format!("{}_{}", self.id, self.items.len());
        match kind {
            Kind::Text => {
                json!({ "id": id, "type": "message", "role": "assistant", "status": status, "content": content })
            }
            Kind::Reasoning => {
                json!({ "id": id, "type": "reasoning", "summary": [], "status": status, "content": content })
            }
            Kind::Tool { id: call, name, .. } => {
                let kind = "function_call";
                json!({ "id": id, "type": kind, "call_id": call, "name": name, "arguments": "", "status": status })
            }
        }
    }

    pub(super) fn open_item(&mut self, kind: &Kind, out: &mut Vec<u8>) {
        self.is_text = matches!(kind, Kind::Text);
        self.text.clear();
        let item = self.item(kind, "in_progress", &[]);
        let index = self.items.len();
        self.event("response.output_item.added", out, |event| event.value("output_index", &index).value("item", &item));
        self.items.push(item);
        if !matches!(kind, Kind::Tool { .. }) {
            let (place, part) = (self.place(true), content(kind, "", &[]));
            self.event("response.content_part.added", out, |event| place.put(event).value("part", &part));
        }
    }

    pub(super) fn close_item(&mut self, kind: &Kind, why: Closing, out: &mut Vec<u8>) {
        self.is_text = false;
        let text = mem::take(&mut self.text);
        let annotations = mem::take(&mut self.annotations);
        let part = content(kind, &text, &annotations);
        let index = self.at();
        let status = if why == Closing::Failed { "incomplete" } else { "completed" };
        let Some(mut item) = self.items.get(index).cloned() else { return };
        item["status"] = status.into();
        if let Kind::Tool { name, .. } = kind {
            // Clients read the arguments as JSON, so a call without input has an empty object.
            let arguments = if text.is_empty() && why == Closing::Next { "{}".to_owned() } else { text };
            let place = self.place(false);
            self.event("response.function_call_arguments.done", out, |event| {
                place.put(event).str("name", name).str("arguments", &arguments)
            });
            item["arguments"] = arguments.into();
        } else {
            let place = self.place(true);
            let is_text = matches!(kind, Kind::Text);
            let done = if is_text { "response.output_text.done" } else { "response.reasoning_text.done" };
            self.event(done, out, |event| {
                let event = place.put(event).str("text", &text);
                if is_text { event.json("logprobs", b"[]") } else { event }
            });
            self.event("response.content_part.done", out, |event| place.put(event).value("part", &part));
            item["content"] = json!([part]);
        }
        self.event("response.output_item.done", out, |event| event.value("output_index", &index).value("item", &item));
        self.items[index] = item;
    }
}
