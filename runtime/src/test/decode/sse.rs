//! `sse`: server-sent events (WHATWG HTML, section 9.2.6), and the protocols of AI front ends, which are sent as such.

use super::{
    Decoder, End, Item,
    ai::{Ends, Role},
};
use crate::{
    packet::gap::Gap,
    test::received::{Data, Failed, Received},
};

#[derive(Default)]
pub(super) struct Sse {
    /// The bytes of a line that has not ended.
    line: Vec<u8>,
    /// Whether the last line ended in a CR, so that a LF belongs to it.
    after_cr: bool,
    name: Option<String>,
    data: Option<String>,
    id: Option<String>,
    retry: Option<String>,
    has_ended: bool,
    /// The ends of AI protocols.
    ends: Ends,
    /// Events that would be the end if nothing came after them.
    held: Vec<Received>,
}

impl Sse {
    fn line(&mut self, items: &mut Vec<Item>) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            return self.dispatch(items);
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => items.push(Item::Heartbeat),
            "event" => self.name = Some(value.to_owned()),
            "id" => self.id = Some(value.to_owned()),
            "data" => {
                let data = self.data.get_or_insert_default();
                data.push_str(value);
                data.push('\n');
            }
            "retry" => {
                items.push(Item::Note(format!("retry: {value}")));
                self.retry = Some(value.to_owned());
            }
            _ => {}
        }
    }

    fn dispatch(&mut self, items: &mut Vec<Item>) {
        let (name, data) = (self.name.take(), self.data.take());
        let Some(mut data) = data else { return };
        data.pop();
        let role = self.ends.event(&data);
        let is_ours = matches!(name.as_deref(), Some("done" | "error" | "gap")) && !matches!(role, Role::End);
        if !matches!(role, Role::End) {
            // They were packets, such as those of an agent whose events an action passes on by `sse`.
            items.extend(self.held.drain(..).map(Item::Packet));
        }
        match name.as_deref().filter(|_| is_ours) {
            Some("done") => {
                self.has_ended = true;
                items.push(Item::End(End::Done(Some(data).filter(|json| !json.is_empty()))));
            }
            Some("error") => {
                self.has_ended = true;
                items.push(Item::End(End::Failed(Failed::of_json(&data))));
            }
            Some("gap") => items.push(match Gap::of_json(data.as_bytes()) {
                Some(gap) => Item::Gap(Gap { id: self.id.clone(), ..gap }),
                None => Item::Note(format!("a gap that can't be read: {data}")),
            }),
            _ => {
                let packet = Received { name, id: self.id.clone(), data: Data::Json(data) };
                match role {
                    Role::Packet => items.push(Item::Packet(packet)),
                    Role::Heartbeat => items.push(Item::Heartbeat),
                    Role::End => self.held.push(packet),
                }
            }
        }
    }
}

impl Decoder for Sse {
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        for byte in bytes {
            match byte {
                b'\n' if std::mem::take(&mut self.after_cr) => {}
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    self.line(items);
                }
                _ => {
                    self.after_cr = false;
                    self.line.push(*byte);
                }
            }
        }
    }

    fn finish(&mut self, items: &mut Vec<Item>) {
        if let Some(end) = self.ends.last().filter(|_| !self.has_ended) {
            items.push(Item::End(end));
        } else if !self.has_ended {
            let come_back = self.retry.as_ref().map(|retry| format!(", after `retry: {retry}`")).unwrap_or_default();
            items.push(Item::End(End::Cut(format!("the body ended without `done` or `error`{come_back}"))));
        }
    }
}
