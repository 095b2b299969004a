//! Formats: the ways to write packets on the wire, one module for each, behind one small trait.
//!
//! An action offers all of them, or those in its `formats(…)`. A format of your own is a type that implements
//! [`Format`] and a [`Representation`] that names it:
//!
//! ```
//! use outflow::{
//!     action, controller,
//!     format::{Content, Ending, Format, Problem, Representation, Unwritable},
//! };
//!
//! /// JSON text sequences (RFC 7464): a record separator before each text, a line feed after it.
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
//!     after_body: false,
//!     writer: |_request| Box::new(JsonSeq),
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
//!
//! # What a format can know
//!
//! - The head of the request: its [`writer`](Representation::writer) gets the method, the URI, the headers and the
//!   extensions, so one format may write differently for `?pretty`, or for what a layer has found out.
//! - The place of each packet: [`content.number()`](Content::number) counts from 1, and in a run a follower that comes
//!   back gets the number that the packet had before.
//! - The reason of a failure: [`problem.ended_by()`](Problem::ended_by) tells the action's own failure from a timeout, a
//!   cancel and a server that stops, after which a client may try again elsewhere.
//!
//! # Which format a request gets
//!
//! 1. The one that a [`Pick`] in the request's extensions names.
//! 2. Otherwise the one that the URL names, as in `?format=csv`, if the action says `formats(…, query = "format")`: a link
//!    can send no header.
//! 3. Otherwise the one that the `Accept` header likes best (RFC 9110, section 12.5.1): by quality, then by how closely
//!    the format is named, then by the order of `formats(…)`.
//! 4. Without an `Accept` header, or with `*/*` alone, `hazaar` if the request carries `X-Request-Type: stream`, as the
//!    client of Hazaar MVC does, and otherwise the first of `formats(…)`.
//!
//! Among equals, a [`Prefer`] in the extensions wins over the order of `formats(…)`: that is how a request type tells which
//! client has sent it.
//!
//! Formats may share a media type. All but the first then need a parameter to name them: with the media types
//! `text/event-stream` and `text/event-stream;profile=ticker` on one action, `Accept: text/event-stream` gets the
//! format that comes first, and `Accept: text/event-stream;profile=ticker` the other one. A client that can't set
//! `Accept` is served by a [`Pick`].

// The files:
//
// - `representation`: the table of the formats
// - `sse`, `ndjson`, `json`, `csv`, `text`, `bytes`, `hazaar`: how each writes
// - `negotiate`: which of them a request gets
// - `notes`: what the arguments of an action leave for its format
// - `problem`: the failure that a format writes
// - `error_response`: the problem that an error's own response describes

mod accept;
mod bytes;
#[cfg(feature = "csv")]
pub(crate) mod csv;
pub(crate) mod error_response;
mod hazaar;
mod json;
mod ndjson;
pub(crate) mod negotiate;
pub(crate) mod notes;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod representation;
pub(crate) mod sse;
mod text;

use std::{sync::LazyLock, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

#[cfg(feature = "csv")]
pub use self::representation::CSV;
pub use self::{
    negotiate::{Pick, Prefer},
    notes::Notes,
    problem::{EndedBy, Problem},
    representation::{BYTES, HAZAAR, JSON, JSON_ARRAY, NDJSON, Representation, SSE, TEXT},
};
pub use crate::packet::{
    content::{Content, Unwritable, Written},
    gap::Gap,
    packet::Fields,
};

/// Writes packets, and the end, into frames. One value of it serves one response.
///
/// A response is written as [`begin`](Self::begin), any number of [`packet`](Self::packet)s, and one of
/// [`done`](Self::done), [`failed`](Self::failed) and [`come_back`](Self::come_back). One that follows a run begins
/// with
/// [`resume`](Self::resume) instead. Methods that only runs call are named `resume…`; a format that leaves them out can
/// still be followed, from the start.
pub trait Format: Send {
    /// Sets the headers that this format needs besides its media type and those of every stream. An action's
    /// [`Head`](crate::Head) does not change them.
    fn headers(&self, headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// The extension of a file that holds a response in this format, for [`Head::download`](crate::Head::download). By
    /// default the file has the name that the action gives.
    fn extension(&self) -> Option<&'static str> {
        None
    }

    /// Appends the bytes before the first packet, in every response with the head of a stream. By default there are
    /// none.
    fn begin(&mut self, out: &mut Vec<u8>) {
        let _ = out;
    }

    /// Appends one packet. [`content.number()`](Content::number) is its number in the stream.
    ///
    /// # Errors
    /// If this format can't carry it. `out` is then cut back to where it was, and the action fails with 500.
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable>;

    /// Appends that packets were missed here, and where the stream goes on. By default there is no room for that: the
    /// action fails with 410, which [`failed`](Self::failed) writes.
    fn gap(&mut self, gap: &Gap, out: &mut Vec<u8>) -> Ending {
        let _ = (gap, out);
        Ending::Cut
    }

    /// Appends the end of an action that returned: its result as JSON, if it has one. By default the clean end of the
    /// body is all there is.
    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        let _ = (result, out);
    }

    /// Appends the end of an action that failed, or has the body cut, if a clean end would look like success.
    /// [`problem.ended_by()`](Problem::ended_by) tells a failure of its own from a timeout, a cancel and a shutdown.
    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending;

    /// Appends the request to come back after `delay`, to another server, without an end. By default the body is cut.
    fn come_back(&mut self, delay: Duration, out: &mut Vec<u8>) -> Ending {
        let _ = (delay, out);
        Ending::Cut
    }

    /// How a failure before the first packet is written, and a refusal for want of room, if the format's clients read
    /// another document than that of the error: as JSON, with the status and the headers of the failure.
    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        None
    }

    /// Whether the response is one document that is written at the end. Its head then waits for the end however long that
    /// takes, so that a failure has its status. By default it waits for the first packet and for `open_after`.
    fn is_document(&self) -> bool {
        false
    }

    /// The bytes that keep an idle connection open and are not a packet. They are asked for once, when the response
    /// begins. By default there are none.
    fn heartbeat(&self) -> &'static [u8] {
        b""
    }

    /// Begins a response that follows a run, after the packet with the number `after`; 0 is the run's start. By default
    /// it begins like any other response.
    fn resume(&mut self, after: u64, out: &mut Vec<u8>) {
        let _ = after;
        self.begin(out);
    }

    /// Whether a response that resumes after the first packet needs to know that packet, as a table does for its
    /// columns.
    fn resume_needs_first(&self) -> bool {
        false
    }

    /// Takes note of the run's first packet, after [`resume`](Self::resume), if the format needs it and it is still
    /// kept. Do not write it.
    fn resume_first(&mut self, content: &Content<'_>) {
        let _ = content;
    }

    /// Appends packets of a run that are JSON already, numbered from `first` on. By default it is [`packet`](Self::packet)
    /// for each: a loop that is compiled for each format, and so costs less than as many calls of a trait object.
    ///
    /// # Errors
    /// That of the first packet that this format can't carry, of which it leaves nothing.
    #[doc(hidden)]
    fn resume_packets(
        &mut self,
        first: u64,
        packets: &mut dyn Iterator<Item = &[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        for (number, json) in (first..).zip(packets) {
            let start = out.len();
            let mut content = Content::of_json(json);
            content.set_number(number);
            self.packet(&content, out).inspect_err(|_| out.truncate(start))?;
        }
        Ok(())
    }

    /// Takes note of the number of the end that is written next, from which a client of the run would go on. By default
    /// it is not sent.
    fn resume_from(&mut self, number: u64) {
        let _ = number;
    }
}

/// The end of a body after its last bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Cleanly: the bytes say what happened.
    Clean,
    /// Without an end, so that nobody takes it for a success: the chunked body (HTTP/1.1) or the stream (HTTP/2) is
    /// reset, after every packet before has left.
    Cut,
}

/// The headers that the choice of a format depends on, for caches.
pub(crate) const VARY: HeaderValue = HeaderValue::from_static("accept, x-request-type");

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const X_RESPONSE_TYPE: HeaderName = HeaderName::from_static("x-response-type");

/// The headers of every streamed response, in every format: nothing on the way may store, change or hold it back.
pub(crate) fn stream_headers(representation: &Representation, format: &dyn Format) -> HeaderMap {
    // Made once, because a clone costs half as much as the inserts.
    static HEADERS: LazyLock<HeaderMap> = LazyLock::new(|| {
        // With room for two of a format's own.
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(""));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
        headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(X_RESPONSE_TYPE, HeaderValue::from_static("stream"));
        headers.insert(header::VARY, VARY);
        headers
    });
    let mut headers = HEADERS.clone();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(representation.content_type));
    format.headers(&mut headers);
    headers
}
