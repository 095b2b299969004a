//! `json`: one document, `{"items":[…],"result":…}` or `{"items":[…],"error":{…}}`, whose items are read as they come.

use super::{Decoder, End, Item};
use crate::test::received::{Failed, Received};

const OPEN: &[u8] = b"{\"items\":[";

#[derive(Default)]
pub(super) struct Json {
    /// The bytes that belong to no item yet: of the opening, of an item, or of what follows the items.
    text: Vec<u8>,
    place: Place,
    /// How deep the end of `text` is nested in an item's objects and arrays.
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

#[derive(Default)]
enum Place {
    #[default]
    Opening,
    Items,
    Tail,
}

impl Json {
    fn byte(&mut self, byte: u8, items: &mut Vec<Item>) {
        match self.place {
            Place::Opening if self.text.is_empty() && byte.is_ascii_whitespace() => items.push(Item::Heartbeat),
            Place::Opening => {
                self.text.push(byte);
                if self.text == OPEN {
                    self.text.clear();
                    self.place = Place::Items;
                }
            }
            Place::Items => self.in_items(byte, items),
            Place::Tail => self.text.push(byte),
        }
    }

    fn in_items(&mut self, byte: u8, items: &mut Vec<Item>) {
        if self.in_string {
            self.text.push(byte);
            self.in_string = self.is_escaped || byte != b'"';
            self.is_escaped = !self.is_escaped && byte == b'\\';
            if !self.in_string && self.depth == 0 {
                self.pause(items);
            }
            return;
        }
        match byte {
            b',' | b']' | b'\n' if self.depth == 0 => {
                self.pause(items);
                match byte {
                    b']' => self.place = Place::Tail,
                    b'\n' => items.push(Item::Heartbeat),
                    _ => {}
                }
            }
            _ => {
                self.text.push(byte);
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth -= 1;
                        if self.depth == 0 {
                            self.pause(items);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn end(&self) -> End {
        let text = String::from_utf8_lossy(&self.text);
        let text = text.trim();
        let member = |name: &str| text.strip_prefix(name)?.strip_suffix('}').map(str::to_owned);
        match self.place {
            Place::Tail if text == "}" => End::Done(None),
            Place::Tail => match (member(",\"result\":"), member(",\"error\":")) {
                (Some(result), _) => End::Done(Some(result)),
                (_, Some(problem)) => End::Failed(Failed::of_json(&problem)),
                _ => End::Cut(format!("the document ended with {text:?}")),
            },
            _ => End::Cut(format!("the document ended before its items did, with {text:?}")),
        }
    }
}

impl Decoder for Json {
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        for byte in bytes {
            self.byte(*byte, items);
        }
    }

    fn pause(&mut self, items: &mut Vec<Item>) {
        if matches!(self.place, Place::Items) && self.depth == 0 && !self.in_string && !self.text.is_empty() {
            items.push(Item::Packet(Received::json(&std::mem::take(&mut self.text))));
        }
    }

    fn finish(&mut self, items: &mut Vec<Item>) {
        items.push(Item::End(self.end()));
    }
}
