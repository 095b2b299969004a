//! Takes a chunked response apart: the head is checked, the data is copied out, the end must be there.

use anyhow::{Context as _, Result, bail, ensure};
use memchr::memmem;

/// The place in a response where the next byte belongs.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    state: State,
    head: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    /// In the line with a chunk's size: the digits so far.
    Size(usize),
    /// The line feed after the size.
    SizeEnd(usize),
    /// This much data is left, and the line break after it.
    Data(usize),
    /// The line break after the last chunk; nobody here sends trailers.
    End(usize),
    Over,
}

const LINE_BREAK: usize = 2;

impl Decoder {
    /// Whether the terminating chunk has been read.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Takes the next bytes of the response and appends their data to `out`.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Head => self.read_head(bytes)?,
                State::Size(size) => self.read_size(size, bytes)?,
                State::SizeEnd(size) => {
                    self.state = if size == 0 { State::End(LINE_BREAK) } else { State::Data(size + LINE_BREAK) };
                    1
                }
                State::Data(left) => {
                    let used = left.min(bytes.len());
                    out.extend_from_slice(&bytes[..used.min(left.saturating_sub(LINE_BREAK))]);
                    self.state = if used == left { State::Size(0) } else { State::Data(left - used) };
                    used
                }
                State::End(left) => {
                    self.state = if left == 1 { State::Over } else { State::End(left - 1) };
                    1
                }
                State::Over => bail!("the server sent more than its response"),
            };
            bytes = &bytes[used..];
        }
        Ok(())
    }

    fn read_head(&mut self, bytes: &[u8]) -> Result<usize> {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = memmem::find(&self.head, b"\r\n\r\n") else { return Ok(bytes.len()) };
        self.head.truncate(end);
        let head = str::from_utf8(&self.head).context("the head is not UTF-8")?.to_ascii_lowercase();
        ensure!(head.starts_with("http/1.1 200 "), "the server did not answer with 200:\n{head}");
        ensure!(head.contains("\r\ntransfer-encoding: chunked"), "the response is not chunked:\n{head}");
        self.state = State::Size(0);
        Ok(end + 4 - before)
    }

    fn read_size(&mut self, mut size: usize, bytes: &[u8]) -> Result<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                b'A'..=b'F' => byte - b'A' + 10,
                b'\r' => {
                    self.state = State::SizeEnd(size);
                    return Ok(at + 1);
                }
                _ => bail!("a chunk's size holds the byte {byte:#04x}"),
            };
            size = size << 4 | usize::from(digit);
        }
        self.state = State::Size(size);
        Ok(bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n";

    #[test]
    fn data_is_found_however_the_response_is_cut() {
        for length in 1..RESPONSE.len() {
            let (mut decoder, mut out) = (Decoder::default(), Vec::new());
            for piece in RESPONSE.chunks(length) {
                assert!(!decoder.is_over());
                decoder.feed(piece, &mut out).unwrap();
            }
            assert_eq!(out, b"abc0123456789");
            assert!(decoder.is_over());
        }
    }

    #[test]
    fn anything_else_is_an_error() {
        let feed = |bytes: &[u8]| Decoder::default().feed(bytes, &mut Vec::new());
        assert!(feed(b"HTTP/1.1 404 Not Found\r\n\r\n").is_err());
        assert!(feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n").is_err());
        assert!(feed(&[RESPONSE, b"x"].concat()).is_err());
    }
}
