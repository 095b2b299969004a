//! The fields of one packet, read from its JSON.

use std::{borrow::Cow, fmt};

use memchr::memchr2;

use crate::packet::content::Unwritable;

/// The fields of one packet, each with its name.
pub(super) struct Row<'a> {
    pub(super) fields: Vec<(Text<'a>, Text<'a>)>,
    /// Whether the fields have names. Those of a list have none, and neither has a value that is alone.
    pub(super) is_named: bool,
}

/// The UTF-8 text of a name or a field.
pub(super) type Text<'a> = Cow<'a, [u8]>;

impl<'a> Row<'a> {
    /// Reads a packet that probably has this many fields.
    pub(super) fn read(json: &'a [u8], count: usize) -> Result<Self, Unwritable> {
        let mut tokens = Tokens { json, at: 0 };
        let mut fields = Vec::with_capacity(count);
        let is_named = tokens.take(b'{');
        if !is_named && !tokens.take(b'[') {
            let fields = vec![(Text::default(), tokens.text()?)];
            return Ok(Self { fields, is_named });
        }
        let end = if is_named { b'}' } else { b']' };
        while !tokens.take(end) {
            if !fields.is_empty() {
                tokens.expect(b',')?;
            }
            let mut name = Text::default();
            if is_named {
                name = tokens.text()?;
                tokens.expect(b':')?;
            }
            fields.push((name, tokens.text()?));
        }
        Ok(Self { fields, is_named })
    }
}

/// The tokens of a JSON text.
struct Tokens<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    /// The bytes from the next token on. `RawValue` and a log may bring white space.
    fn rest(&mut self) -> &'a [u8] {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.json.get(self.at) {
            self.at += 1;
        }
        &self.json[self.at..]
    }

    /// Takes this punctuation, if it comes next.
    fn take(&mut self, punctuation: u8) -> bool {
        let is_next = self.rest().first() == Some(&punctuation);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, punctuation: u8) -> Result<(), Unwritable> {
        if self.take(punctuation) { Ok(()) } else { Err(unreadable("it is not JSON")) }
    }

    /// Takes a value as the text of a field. A number stays as it is written, so that it loses no digit.
    fn text(&mut self) -> Result<Text<'a>, Unwritable> {
        let rest = self.rest();
        let (length, text) = match rest {
            [b'"', ..] => string(rest)?,
            [b'{' | b'[', ..] => {
                return Err(Unwritable::new("a field of `csv` is one value, not a list, a struct or a map"));
            }
            _ => {
                let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'+' | b'-');
                let (value, _) = rest.split_at(rest.iter().position(is_end).unwrap_or(rest.len()));
                (value.len(), if value == b"null" { b"" } else { value }.into())
            }
        };
        if length == 0 {
            return Err(unreadable("it is not JSON"));
        }
        self.at += length;
        Ok(text)
    }
}

/// The JSON string at the start of a text: its length, and its content.
fn string(json: &[u8]) -> Result<(usize, Text<'_>), Unwritable> {
    let (mut at, mut is_escaped) = (1, false);
    loop {
        let found = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest));
        at += found.ok_or_else(|| unreadable("a string has no end"))?;
        if json[at] == b'"' {
            break;
        }
        // A backslash, and the character that it escapes.
        is_escaped = true;
        at += 2;
    }
    if !is_escaped {
        return Ok((at + 1, json[1..at].into()));
    }
    let text: String = serde_json::from_slice(&json[..=at]).map_err(unreadable)?;
    Ok((at + 1, text.into_bytes().into()))
}

fn unreadable(error: impl fmt::Display) -> Unwritable {
    Unwritable::new(format!("its JSON can't be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of one's own may give anything.
    #[test]
    fn what_is_not_json_is_refused_without_a_panic() {
        for json in [
            "",
            " ",
            "{",
            "[",
            "[1",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\" 1}",
            "[1 2]",
            "\"",
            "\"\\",
            "\"\\q\"",
            "]",
            "[,]",
        ] {
            assert!(Row::read(json.as_bytes(), 0).is_err(), "{json}");
        }
        assert!(Row::read(b"\"\\\xff\"", 0).is_err());
    }
}
