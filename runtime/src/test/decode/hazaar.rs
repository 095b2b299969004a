//! `hazaar`: a length in hex, a NUL, a type and a payload; the last frame has no length and runs to the end of the body.

use super::{Decoder, End, Item};
use crate::test::received::{Data, Failed, Received};

#[derive(Default)]
pub(super) struct Hazaar {
    bytes: Vec<u8>,
}

impl Hazaar {
    /// The next whole frame: its type and its payload.
    fn frame(&mut self) -> Option<(u8, String)> {
        let nul = self.bytes.iter().position(|byte| *byte == 0).filter(|nul| *nul > 0)?;
        let length = usize::from_str_radix(std::str::from_utf8(&self.bytes[..nul]).ok()?, 16).ok()?;
        let end = nul + 2 + length;
        if self.bytes.len() < end {
            return None;
        }
        let frame: Vec<u8> = self.bytes.drain(..end).skip(nul + 1).collect();
        Some((frame[0], String::from_utf8_lossy(&frame[1..]).into_owned()))
    }
}

impl Decoder for Hazaar {
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        self.bytes.extend_from_slice(bytes);
        while let Some((kind, payload)) = self.frame() {
            let data = if kind == b'a' { Data::Json(payload) } else { Data::Raw(payload.into_bytes()) };
            items.push(Item::Packet(Received::of(data)));
        }
    }

    fn finish(&mut self, items: &mut Vec<Item>) {
        let end = match &self.bytes[..] {
            [0, b's'] => End::Done(None),
            [0, b'a', json @ ..] => End::Done(Some(String::from_utf8_lossy(json).into_owned())),
            [0, b's', text @ ..] => End::Done(Some(serde_json::Value::from(String::from_utf8_lossy(text)).to_string())),
            [0, b'e', json @ ..] => End::Failed(Failed::of_hazaar(&String::from_utf8_lossy(json))),
            rest => End::Cut(format!("the body ended without a last frame, with {:?}", String::from_utf8_lossy(rest))),
        };
        items.push(Item::End(end));
    }
}
