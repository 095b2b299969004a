//! Decoders: from the bytes of a body to packets, heartbeats and an end.
//!
//! They share no code with the formats' writers, so a test sees what any client would see.

mod ai;
mod csv;
mod hazaar;
mod json;
mod lines;
mod pieces;
mod sse;
mod whole;

use axum::http::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
};

use super::received::{Failed, Received};
use crate::packet::gap::Gap;

/// One thing that a body says.
#[derive(Debug)]
pub(super) enum Item {
    Packet(Received),
    /// Packets were missed here.
    Gap(Gap),
    Heartbeat,
    /// Something else that a failing test should show, such as a `retry:`.
    Note(String),
    End(End),
}

/// The end of a response.
#[derive(Debug)]
pub(super) enum End {
    /// The action returned. The result is JSON text.
    Done(Option<String>),
    Failed(Failed),
    /// There is no end, and this is what came in its place.
    Cut(String),
}

/// Reads one body.
pub(super) trait Decoder: Send {
    /// Reads the next bytes.
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>);

    /// Learns that nothing follows for now, so a value without a mark behind it is complete.
    fn pause(&mut self, items: &mut Vec<Item>) {
        let _ = items;
    }

    /// The clean end of the body.
    fn finish(&mut self, items: &mut Vec<Item>);
}

/// The decoder of a response with this head, whose fields, if it is a table, have this delimiter between them.
pub(super) fn decoder(status: StatusCode, headers: &HeaderMap, delimiter: u8) -> Box<dyn Decoder> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let is_stream = headers.get("x-response-type").is_some_and(|kind| kind == HeaderValue::from_static("stream"));
    if !is_stream {
        return Box::new(whole::Whole::new(status, essence));
    }
    match essence {
        "text/event-stream" => Box::new(sse::Sse::default()),
        "application/x-ndjson" => Box::new(lines::Lines::default()),
        "application/json" => Box::new(json::Json::default()),
        "text/csv" => Box::new(csv::Csv::new(delimiter)),
        "application/octet-stream" if parameters.contains("ISO-8859-1") => Box::new(hazaar::Hazaar::default()),
        _ => Box::new(pieces::Pieces),
    }
}
