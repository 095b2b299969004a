//! `text`: strings as they are, any other value as JSON and a line feed. The result is not sent, and a failure cuts
//! the body.

use super::{Content, Ending, Format, Problem, Unwritable, Written};

#[derive(Debug)]
pub(crate) struct Text;

impl Format for Text {
    fn extension(&self) -> Option<&'static str> {
        Some("txt")
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if content.write_text(out)? == Written::Json {
            out.push(b'\n');
        }
        Ok(())
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }
}
