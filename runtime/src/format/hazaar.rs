//! `hazaar`: the frames of Hazaar MVC's AJAX streaming, within the subset that every client of it reads right.
//!
//! A packet is its payload's length in lower-case hex, a NUL, a type (`s` for text, `a` for JSON) and the payload.
//! The end is a NUL, a type (`e` for an error as well) and a payload that runs to the end of the body. The original
//! client reads bytes as ISO-8859-1, so payloads are ASCII: any other text travels as JSON with `\uXXXX` escapes.

use std::io::Write as _;

use axum::http::{HeaderMap, HeaderValue, header};
use serde_json::json;

use super::{Content, Ending, Format, Problem, Unwritable, Written};

#[derive(Debug)]
pub(crate) struct Hazaar;

impl Format for Hazaar {
    fn headers(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("none"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let mut bytes = Vec::new();
        let payload = match content.write(&mut bytes)? {
            Written::Json => HazaarPayload::of_json(&bytes)?,
            Written::Raw => HazaarPayload::of_text(&String::from_utf8_lossy(&bytes))?,
            Written::Bytes => {
                return Err(Unwritable::new("Hazaar frames carry text and JSON, and `Packet::bytes` is neither"));
            }
        };
        let length = write!(out, "{:x}", payload.bytes.len());
        length.map_err(|error| Unwritable::new(error.to_string()))?;
        payload.write(out);
        Ok(())
    }

    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        let payload = match result {
            None => HazaarPayload { kind: b's', bytes: Vec::new() },
            // As text it would look like no result at all.
            Some(b"\"\"") => HazaarPayload { kind: b'a', bytes: b"\"\"".into() },
            Some(json) => HazaarPayload::of_json(json)
                .unwrap_or_else(|_| HazaarPayload { kind: b'a', bytes: escape(String::from_utf8_lossy(json).into()) }),
        };
        payload.write(out);
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending {
        let text = problem.detail().unwrap_or(problem.title());
        let status = problem.status().as_u16();
        let object = json!({ "ok": false, "error": { "type": problem.title(), "status": status, "str": text } });
        HazaarPayload { kind: b'e', bytes: escape(object.to_string()) }.write(out);
        Ending::Clean
    }
}

struct HazaarPayload {
    kind: u8,
    /// ASCII only.
    bytes: Vec<u8>,
}

impl HazaarPayload {
    fn of_json(json: &[u8]) -> Result<Self, Unwritable> {
        let unreadable = |error: &dyn std::fmt::Display| Unwritable::new(format!("it is not JSON: {error}"));
        if json.first() == Some(&b'"') {
            let text: String = serde_json::from_slice(json).map_err(|error| unreadable(&error))?;
            return Self::of_text(&text);
        }
        if json == b"null" {
            // The original client stops reading at a JSON `null`.
            return Self::of_text("null");
        }
        let json = std::str::from_utf8(json).map_err(|error| unreadable(&error))?;
        Ok(Self { kind: b'a', bytes: escape(json.to_owned()) })
    }

    fn of_text(text: &str) -> Result<Self, Unwritable> {
        if text.is_ascii() {
            return Ok(Self { kind: b's', bytes: text.into() });
        }
        let json = serde_json::to_string(text).map_err(|error| Unwritable::new(error.to_string()))?;
        Ok(Self { kind: b'a', bytes: escape(json) })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[b'\0', self.kind]);
        out.extend_from_slice(&self.bytes);
    }
}

/// Writes what is not ASCII as `\uXXXX`. In JSON such characters stand in strings only.
fn escape(json: String) -> Vec<u8> {
    if json.is_ascii() {
        return json.into();
    }
    let mut ascii = String::with_capacity(json.len() * 2);
    let mut units = [0; 2];
    for char in json.chars() {
        if char.is_ascii() {
            ascii.push(char);
        } else {
            for unit in char.encode_utf16(&mut units) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii.into()
}
