//! Decoders that know nothing of our encoders, fed in pieces.

use std::{io, time::Duration};

use eventsource_stream::Eventsource as _;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;

/// Reads its input piece by piece.
pub struct Pieces(std::vec::IntoIter<Vec<u8>>, Vec<u8>);

impl Pieces {
    pub fn new(pieces: Vec<Vec<u8>>) -> Self {
        Self(pieces.into_iter(), Vec::new())
    }
}

impl io::Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.1.is_empty() {
            match self.0.next() {
                Some(piece) => self.1 = piece,
                None => return Ok(0),
            }
        }
        let length = out.len().min(self.1.len());
        out[..length].copy_from_slice(&self.1[..length]);
        self.1.drain(..length);
        Ok(length)
    }
}

/// Name, id, data and reconnection time.
pub type Event = (String, String, String, Option<Duration>);

/// The events of a stream.
pub fn events(pieces: Vec<Vec<u8>>) -> Vec<Event> {
    let events = stream::iter(pieces.into_iter().map(Ok::<_, io::Error>)).eventsource();
    let events = events.map(Result::unwrap).map(|event| (event.event, event.id, event.data, event.retry));
    events.collect::<Vec<_>>().now_or_never().unwrap()
}

/// The data of the events that an eager reader sees. Against the standard, some widespread ones take each block with any
/// field for an event, also one without data, and an id that was there once for a field of every later block.
pub fn eager_events(text: &str) -> Vec<String> {
    let (mut events, mut data) = (Vec::new(), Vec::new());
    let (mut has_fields, mut has_id) = (false, false);
    for line in text.lines() {
        match line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")) {
            _ if line.starts_with(':') => {}
            ("", "") if has_fields || has_id => {
                events.push(std::mem::take(&mut data).join("\n"));
                has_fields = false;
            }
            ("data", value) => {
                data.push(value);
                has_fields = true;
            }
            ("id", _) => has_id = true,
            ("event" | "retry", _) => has_fields = true,
            _ => {}
        }
    }
    events
}

/// Frames as the original defines them: ISO-8859-1, a length in hex, a NUL, a type, a payload; the last one without
/// a length, up to the end.
#[derive(Default)]
pub struct Frames {
    text: String,
    packets: Vec<Value>,
}

impl Frames {
    pub fn push(&mut self, piece: &[u8]) {
        self.text.extend(piece.iter().map(|byte| char::from(*byte)));
        while let Some((length, rest)) = self.text.split_once('\0').filter(|(length, _)| !length.is_empty()) {
            let length = usize::from_str_radix(length, 16).unwrap();
            if rest.len() <= length {
                return;
            }
            let (frame, rest) = rest.split_at(length + 1);
            self.packets.push(payload(frame));
            self.text = rest.to_owned();
        }
    }

    pub fn end(self) -> (Vec<Value>, Value) {
        (self.packets, payload(self.text.strip_prefix('\0').unwrap()))
    }
}

fn payload(frame: &str) -> Value {
    assert!(frame.is_ascii());
    match frame.split_at(1) {
        ("s", text) => text.into(),
        ("a", json) => serde_json::from_str(json).unwrap(),
        _ => panic!("no type: {frame:?}"),
    }
}

/// A value as frames carry it: `null` travels as text.
pub fn in_frames(value: &Value) -> Value {
    if value.is_null() { "null".into() } else { value.clone() }
}

/// The lines of text as an event stream hands them out.
pub fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
