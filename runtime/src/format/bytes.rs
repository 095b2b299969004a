//! `bytes`: bytes as they are, and strings as UTF-8. The result is not sent, and a failure cuts the body.

use super::{Content, Ending, Format, Problem, Unwritable, Written};

#[derive(Debug)]
pub(crate) struct Bytes;

impl Format for Bytes {
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if content.is_bytes() {
            return content.write(out).map(|_| ());
        }
        match content.write_text(out)? {
            Written::Json => {
                Err(Unwritable::new("the format `bytes` carries bytes and strings: send `Packet::bytes(..)`"))
            }
            Written::Raw | Written::Bytes => Ok(()),
        }
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }
}
