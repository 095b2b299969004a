//! Reads from a connection's bytes where a request's head ends, and over HTTP/2 where frames begin and end.

use memchr::memchr;

/// The first bytes of an HTTP/2 connection (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A search for the end of a head of HTTP/1: the first empty line after one that is not.
#[derive(Debug, Default)]
pub(super) struct HeadScan {
    has_lines: bool,
    is_in_line: bool,
}

impl HeadScan {
    /// Goes on with these bytes. Returns those behind the head, if it ends.
    pub(super) fn end<'a>(&mut self, mut bytes: &'a [u8]) -> Option<&'a [u8]> {
        while let Some(end) = memchr(b'\n', bytes) {
            self.line(&bytes[..end]);
            bytes = &bytes[end + 1..];
            if !self.is_in_line && self.has_lines {
                return Some(bytes);
            }
            self.is_in_line = false;
        }
        self.line(bytes);
        None
    }

    /// Whether the head has begun: line breaks before it are none of it (RFC 9112, section 2.2).
    pub(super) fn has_begun(&self) -> bool {
        self.has_lines
    }

    /// Goes on with a part of a line.
    fn line(&mut self, part: &[u8]) {
        if part.iter().any(|byte| *byte != b'\r') {
            (self.has_lines, self.is_in_line) = (true, true);
        }
    }
}

/// The protocol of a connection, as far as its first bytes tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Preface {
    /// HTTP/1 or HTTP/2: so many bytes of the preface have come, and no other.
    Part(usize),
    Http1,
    Http2,
}

impl Preface {
    /// Goes on with these bytes. Returns the part of the preface that had come before and is a part of a head of
    /// HTTP/1 after all, and the bytes that are left.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8]) -> (&'static [u8], &'a [u8]) {
        let Self::Part(before) = *self else { return (&[], bytes) };
        let length = bytes.len().min(PREFACE.len() - before);
        if bytes[..length] != PREFACE[before..before + length] {
            *self = Self::Http1;
            return (&PREFACE[..before], bytes);
        }
        *self = if before + length == PREFACE.len() { Self::Http2 } else { Self::Part(before + length) };
        (&[], &bytes[length..])
    }
}

/// The head of an HTTP/2 frame (RFC 9113, section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHead {
    pub(super) length: usize,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
}

/// The types of frames that matter here (section 6).
pub(super) mod kind {
    pub(in crate::server) const DATA: u8 = 0;
    pub(in crate::server) const HEADERS: u8 = 1;
    pub(in crate::server) const RST_STREAM: u8 = 3;
    pub(in crate::server) const SETTINGS: u8 = 4;
    pub(in crate::server) const PING: u8 = 6;
    pub(in crate::server) const WINDOW_UPDATE: u8 = 8;
    pub(in crate::server) const CONTINUATION: u8 = 9;
}

/// The flag of a PING that answers another.
pub(super) const ACK: u8 = 1;

/// Flags of DATA and HEADERS, and of HEADERS and CONTINUATION.
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// One end of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Begin(FrameHead),
    End(FrameHead),
}

/// The frames of one direction of an HTTP/2 connection.
#[derive(Debug, Default)]
pub(super) struct FrameScan {
    head: [u8; 9],
    /// How many bytes of the head have come.
    filled: usize,
    /// How many bytes of the payload have not.
    left: usize,
    /// The payload of a frame about windows.
    payload: Vec<u8>,
}

impl FrameScan {
    /// Goes on to the next edge, and leaves the bytes behind it.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Option<Edge> {
        if self.filled == self.head.len() {
            let (part, rest) = bytes.split_at(self.left.min(bytes.len()));
            if matches!(self.head[3], kind::SETTINGS | kind::WINDOW_UPDATE) {
                self.payload.extend_from_slice(part);
            }
            (self.left, *bytes) = (self.left - part.len(), rest);
            if self.left > 0 {
                return None;
            }
            self.filled = 0;
            return Some(Edge::End(self.frame()));
        }
        let (part, rest) = bytes.split_at(bytes.len().min(self.head.len() - self.filled));
        self.head[self.filled..self.filled + part.len()].copy_from_slice(part);
        (self.filled, *bytes) = (self.filled + part.len(), rest);
        if self.filled < self.head.len() {
            return None;
        }
        self.left = self.frame().length;
        self.payload.clear();
        Some(Edge::Begin(self.frame()))
    }

    /// The payload of the SETTINGS or WINDOW_UPDATE that has just ended.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    fn frame(&self) -> FrameHead {
        let [a, b, c, kind, flags, stream @ ..] = self.head;
        // The first bit is reserved.
        let stream = u32::from_be_bytes(stream) & !(1 << 31);
        FrameHead { length: u32::from_be_bytes([0, a, b, c]) as usize, kind, flags, stream }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_its_empty_line() {
        for (text, ends) in [
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", true),
            ("GET / HTTP/1.1\nhost: a\n\n", true),
            ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", true),
            ("\r\n\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nhost: a\r\n", false),
            ("GET / HTTP/1.1\r\nhost: a\r\n\r", false),
        ] {
            assert_eq!(HeadScan::default().end(text.as_bytes()), ends.then_some(&b""[..]), "{text:?}");
            let mut scan = HeadScan::default();
            assert_eq!(text.bytes().any(|byte| scan.end(&[byte]).is_some()), ends, "{text:?} byte by byte");
            let behind = format!("{text}hello");
            assert_eq!(HeadScan::default().end(behind.as_bytes()), ends.then_some(&b"hello"[..]), "{behind:?}");
        }
    }

    #[test]
    fn the_preface_tells_the_protocols_apart() {
        for cut in 1..PREFACE.len() {
            let mut preface = Preface::Part(0);
            assert_eq!(preface.take(&PREFACE[..cut]), (&[][..], &[][..]));
            assert_eq!(preface, Preface::Part(cut));
            let rest = [&PREFACE[cut..], b"rest"].concat();
            assert_eq!(preface.take(&rest), (&[][..], &b"rest"[..]));
            assert_eq!(preface, Preface::Http2);
            assert_eq!(preface.take(b"more"), (&[][..], &b"more"[..]));

            let mut preface = Preface::Part(0);
            preface.take(&PREFACE[..cut]);
            assert_eq!(preface.take(b"!"), (&PREFACE[..cut], &b"!"[..]));
            assert_eq!(preface, Preface::Http1);
        }
    }

    #[test]
    fn frames_begin_and_end_wherever_the_bytes_are_cut() {
        let bytes = [
            &[0, 0, 2, 1, 4, 0, 0, 0, 1][..],
            b"hi",
            &[0, 0, 0, 0, 1, 0, 0, 0, 1],
            &[0, 0, 4, 8, 0, 128, 0, 0, 3, 0, 0, 1, 0],
        ]
        .concat();
        let headers = FrameHead { length: 2, kind: kind::HEADERS, flags: END_HEADERS, stream: 1 };
        let empty = FrameHead { length: 0, kind: kind::DATA, flags: END_STREAM, stream: 1 };
        let update = FrameHead { length: 4, kind: kind::WINDOW_UPDATE, flags: 0, stream: 3 };
        for size in 1..=bytes.len() {
            let (mut scan, mut edges) = (FrameScan::default(), Vec::new());
            for mut piece in bytes.chunks(size) {
                while let Some(edge) = scan.next(&mut piece) {
                    edges.push(edge);
                }
            }
            let expected = [
                Edge::Begin(headers),
                Edge::End(headers),
                Edge::Begin(empty),
                Edge::End(empty),
                Edge::Begin(update),
                Edge::End(update),
            ];
            assert_eq!(edges, expected, "in pieces of {size}");
            assert_eq!(scan.payload(), [0, 0, 1, 0]);
        }
    }
}
