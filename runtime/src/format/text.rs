//! `text`: strings as they are, any other value as JSON and a line feed. The result is not sent, and a failure cuts
//! the body.

use axum::http::HeaderMap;

use super::{Content, Ending, Format, Problem, Unwritable, Written, content_type};

#[derive(Debug)]
pub(crate) struct Text;

impl Format for Text {
    fn headers(&self, headers: &mut HeaderMap) {
        content_type(headers, "text/plain; charset=utf-8");
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
