//! `json`: the whole stream as one JSON document, for clients that can't read a stream: `{"items":[…],"result":…}`, or
//! `{"items":[…],"error":{…}}` with a problem document (RFC 9457). With `array` it is the items alone.

use axum::http::HeaderMap;

use super::{Content, Ending, Format, Problem, Unwritable, X_RESPONSE_TYPE};

#[derive(Debug, Default)]
pub(crate) struct Json {
    /// Whether the document has been opened and has an item.
    begun: bool,
}

impl Json {
    /// Closes the list of items.
    fn end_items(&mut self, out: &mut Vec<u8>) {
        let end: &[u8] = if self.begun { b"]" } else { b"{\"items\":[]" };
        out.extend_from_slice(end);
    }
}

impl Format for Json {
    fn extension(&self) -> Option<&'static str> {
        Some("json")
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let before: &[u8] = if self.begun { b"," } else { b"{\"items\":[" };
        out.extend_from_slice(before);
        content.write_json(out)?;
        // Only now, because a packet that is refused is cut off with the text before it.
        self.begun = true;
        Ok(())
    }

    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        self.end_items(out);
        if let Some(json) = result {
            out.extend_from_slice(b",\"result\":");
            out.extend_from_slice(json);
        }
        out.push(b'}');
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending {
        self.end_items(out);
        out.extend_from_slice(b",\"error\":");
        out.extend_from_slice(problem.to_json().as_bytes());
        out.push(b'}');
        Ending::Clean
    }

    /// White space between two tokens means nothing (RFC 8259, section 2).
    fn heartbeat(&self) -> &'static [u8] {
        b"\n"
    }
}

/// `json(array)`: the items alone, `[…]`. There is no place for the result, nor for a failure, which cuts the body.
#[derive(Debug, Default)]
pub(crate) struct JsonArray {
    /// Whether the array has been opened and has an item.
    begun: bool,
}

impl Format for JsonArray {
    /// Such a document is what any handler sends, and not the one whose members a client of streams takes apart.
    fn headers(&self, headers: &mut HeaderMap) {
        headers.remove(X_RESPONSE_TYPE);
    }

    fn extension(&self) -> Option<&'static str> {
        Json::default().extension()
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.push(if self.begun { b',' } else { b'[' });
        content.write_json(out)?;
        self.begun = true;
        Ok(())
    }

    fn done(&mut self, _result: Option<&[u8]>, out: &mut Vec<u8>) {
        let end: &[u8] = if self.begun { b"]" } else { b"[]" };
        out.extend_from_slice(end);
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }

    fn heartbeat(&self) -> &'static [u8] {
        Json::default().heartbeat()
    }
}
