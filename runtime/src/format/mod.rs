//! How packets are written on the wire: one file a format, behind one small trait.
//!
//! An action offers all of them, or those in its `formats(…)`. A format of your own is a type that implements
//! [`Format`] and a [`Representation`] that names it:
//!
//! ```
//! use outflow::{
//!     action, controller,
//!     format::{Content, Ending, Format, Problem, Representation, SSE, Unwritable},
//! };
//!
//! /// JSON text sequences (RFC 7464): a record separator before each text, a line feed behind it.
//! struct JsonSeq;
//!
//! impl Format for JsonSeq {
//!     fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
//!         out.push(0x1e);
//!         content.write_json(out)?;
//!         out.push(b'\n');
//!         Ok(())
//!     }
//!
//!     fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
//!         Ending::Cut // a clean end would look like success
//!     }
//! }
//!
//! const JSON_SEQ: Representation = Representation {
//!     name: "json-seq",
//!     content_type: "application/json-seq",
//!     media_types: &["application/json-seq"],
//!     resumes_midway: true,
//!     writer: || Box::new(JsonSeq),
//! };
//!
//! struct Rows;
//!
//! #[controller]
//! impl Rows {
//!     #[action(formats(sse, self::JSON_SEQ))]
//!     async fn all(&self) {
//!         self.stream([1, 2]);
//!     }
//! }
//! # fn main() {}
//! ```

pub(crate) mod accept;
mod bytes;
#[cfg(feature = "csv")]
mod csv;
mod hazaar;
mod json;
mod ndjson;
pub(crate) mod sse;
mod text;

use std::{fmt, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

#[cfg(feature = "csv")]
pub(crate) use self::csv::Sink as CsvSink;
pub use crate::{
    content::{Content, Unwritable, Written},
    packet::Fields,
    problem::Problem,
};

/// Writes packets, and the end, into frames. One value of it serves one response.
pub trait Format: Send {
    /// Sets any header that this format needs beside its media type and those of every stream.
    fn headers(&self, headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// Appends one packet.
    ///
    /// # Errors
    /// If this format can't carry it. `out` is then cut back to where it was, and the action fails with 500.
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable>;

    /// Appends the end of an action that returned: its result as JSON, or none. By default the clean end of the body
    /// is all there is.
    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        let _ = (result, out);
    }

    /// Appends the end of an action that failed, or has the body cut, where a clean end would look like success.
    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending;

    /// Appends what tells the client to come back after `delay`, to another server, without an end. By default the
    /// body is cut.
    fn come_back(&mut self, delay: Duration, out: &mut Vec<u8>) -> Ending {
        let _ = (delay, out);
        Ending::Cut
    }

    /// Begins in the middle of a run, after the packet of this number, or at its start after 0. By default it begins
    /// like any other stream.
    fn begin(&mut self, after: u64, out: &mut Vec<u8>) {
        let _ = (after, out);
    }

    /// Whether it must know the first packet of a run, such as the columns of a table, when it begins behind it.
    fn needs_first(&self) -> bool {
        false
    }

    /// Tells the first packet of a run after [`begin`](Self::begin) in its middle, if the format needs it and it is
    /// kept. It is not sent.
    fn first(&mut self, content: &Content<'_>) {
        let _ = content;
    }

    /// Tells the number of what is written next, in a run. By default it is not sent.
    fn number(&mut self, number: u64) {
        let _ = number;
    }

    /// Appends what keeps an idle connection open and is no packet. By default nothing is.
    fn heartbeat(&self, out: &mut Vec<u8>) {
        let _ = out;
    }
}

/// How a body ends after its last bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Cleanly: the bytes say what happened.
    Clean,
    /// Without an end, so that nobody takes it for a success: the chunked body (HTTP/1.1) or the stream (HTTP/2) is
    /// reset, after every packet before has left.
    Cut,
}

/// A format as `formats(…)` and the `Accept` header know it.
#[derive(Clone, Copy)]
pub struct Representation {
    /// Its name, for messages and the log.
    pub name: &'static str,
    /// What the response says that it is.
    pub content_type: &'static str,
    /// The media types that ask for it, such as `text/csv` or `application/octet-stream;charset=ISO-8859-1`.
    pub media_types: &'static [&'static str],
    /// Whether a client can count packets in it, and go on with a run in its middle.
    pub resumes_midway: bool,
    /// Makes the writer of one response.
    pub writer: fn() -> Box<dyn Format>,
}

impl fmt::Debug for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Representation").field(&self.name).finish()
    }
}

/// `sse`: server-sent events (WHATWG HTML, section 9.2), JSON in each `data:`.
pub const SSE: Representation = Representation {
    name: "sse",
    content_type: "text/event-stream",
    media_types: &["text/event-stream"],
    resumes_midway: true,
    writer: || Box::new(sse::Sse::default()),
};

/// `ndjson`: one JSON value a line.
pub const NDJSON: Representation = Representation {
    name: "ndjson",
    content_type: "application/x-ndjson",
    media_types: &["application/x-ndjson", "application/jsonl"],
    resumes_midway: true,
    writer: || Box::new(ndjson::Ndjson),
};

/// `json`: one JSON document, `{"items":[…],"result":…}` or `{"items":[…],"error":{…}}`.
pub const JSON: Representation = Representation {
    name: "json",
    content_type: "application/json",
    media_types: &["application/json"],
    resumes_midway: false,
    writer: || Box::new(json::Json::default()),
};

/// `csv`: one record a packet (RFC 4180), under a header line from the first one.
#[cfg(feature = "csv")]
pub const CSV: Representation = Representation {
    name: "csv",
    content_type: "text/csv",
    media_types: &["text/csv"],
    resumes_midway: true,
    writer: || Box::new(csv::Csv::default()),
};

/// `text`: strings as they are, any other value as a line of JSON.
pub const TEXT: Representation = Representation {
    name: "text",
    content_type: "text/plain; charset=utf-8",
    media_types: &["text/plain"],
    resumes_midway: false,
    writer: || Box::new(text::Text),
};

/// `bytes`: bytes as they are.
pub const BYTES: Representation = Representation {
    name: "bytes",
    content_type: "application/octet-stream",
    media_types: &["application/octet-stream"],
    resumes_midway: false,
    writer: || Box::new(bytes::Bytes),
};

/// `hazaar`: the frames of Hazaar MVC's AJAX streaming.
pub const HAZAAR: Representation = Representation {
    name: "hazaar",
    content_type: "application/octet-stream;charset=ISO-8859-1",
    media_types: &["application/octet-stream;charset=ISO-8859-1"],
    resumes_midway: true,
    writer: || Box::new(hazaar::Hazaar),
};

/// What an action offers that does not say it, in the order that decides between equals.
#[cfg(feature = "csv")]
pub(crate) const ALL: &[Representation] = &[SSE, NDJSON, JSON, CSV, TEXT, BYTES, HAZAAR];
#[cfg(not(feature = "csv"))]
pub(crate) const ALL: &[Representation] = &[SSE, NDJSON, JSON, TEXT, BYTES, HAZAAR];

/// What the choice of a format depends on, for caches.
pub(crate) const VARY: HeaderValue = HeaderValue::from_static("accept, x-request-type");

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const X_RESPONSE_TYPE: HeaderName = HeaderName::from_static("x-response-type");

/// The headers of every streamed response, in every format: nothing on the way may store, change or hold it back.
pub(crate) fn stream_headers(representation: Representation, format: &dyn Format) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(representation.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_RESPONSE_TYPE, HeaderValue::from_static("stream"));
    headers.insert(header::VARY, VARY);
    format.headers(&mut headers);
    headers
}
