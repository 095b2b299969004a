//! `json`: the whole stream as one JSON document, for clients that know nothing of streams:
//! `{"items":[…],"result":…}`, or `{"items":[…],"error":{…}}` with a problem document (RFC 9457).

use super::{Content, Ending, Format, Problem, Unwritable};

#[derive(Debug, Default)]
pub(crate) struct Json {
    /// The document has been opened, and an item stands in it.
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
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let before: &[u8] = if self.begun { b"," } else { b"{\"items\":[" };
        out.extend_from_slice(before);
        content.write_json(out)?;
        // Only now, because a packet that is refused is cut off with what stands before it.
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
