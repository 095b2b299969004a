//! `ndjson`: one JSON value a line. The clean end of the body is the end of the action.

use super::{Decoder, End, Item};
use crate::test::received::Received;

#[derive(Default)]
pub(super) struct Lines {
    line: Vec<u8>,
}

impl Decoder for Lines {
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            items.push(if line.is_empty() { Item::Heartbeat } else { Item::Packet(Received::json(&line)) });
        }
    }

    fn finish(&mut self, items: &mut Vec<Item>) {
        let end = match &self.line[..] {
            [] => End::Done(None),
            line => End::Cut(format!("the body ended in the middle of a line: {}", String::from_utf8_lossy(line))),
        };
        items.push(Item::End(end));
    }
}
