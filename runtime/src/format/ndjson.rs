//! `ndjson`: one JSON value a line, bare rows for pipelines. The result is not sent, and a failure cuts the body.

use super::{Content, Ending, Format, Problem, Unwritable};

#[derive(Debug)]
pub(crate) struct Ndjson;

impl Format for Ndjson {
    fn extension(&self) -> Option<&'static str> {
        Some("ndjson")
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        content.write_json(out)?;
        out.push(b'\n');
        Ok(())
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }

    /// An empty line, which readers of the format skip.
    fn heartbeat(&self) -> &'static [u8] {
        b"\n"
    }
}
