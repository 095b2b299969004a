//! The formats by name and media type, and those that an action offers.

use std::fmt;

use axum::http::request::Parts;

#[cfg(feature = "csv")]
use super::csv;
use super::{Format, bytes, hazaar, json, ndjson, sse, text};

/// A format as `formats(…)` and the `Accept` header know it.
#[derive(Clone, Copy)]
pub struct Representation {
    /// Its name, for messages and the log.
    pub name: &'static str,
    /// The `Content-Type` of the response.
    pub content_type: &'static str,
    /// The media types that ask for it, such as `text/csv` or `application/octet-stream;charset=ISO-8859-1`. A request
    /// may name them with `charset=utf-8` and with the parameters of the `content_type` too.
    pub media_types: &'static [&'static str],
    /// Whether a client can count packets in it, and so resume a run midway.
    pub resumes_midway: bool,
    /// Whether the body of the request has a say in the response. Then formats are chosen and made after the action's
    /// arguments have been taken, and find in the extensions what these have left in the [`Notes`](super::Notes).
    pub after_body: bool,
    /// Makes the writer of one response, given the head of its request: the method, the URI, the headers, and the
    /// extensions, in which a layer or an earlier extractor may have left something for it.
    pub writer: fn(&Parts) -> Box<dyn Format>,
}

impl Representation {
    /// Whether an `EventSource` may read it.
    pub(crate) fn is_event_stream(&self) -> bool {
        let media_type = self.content_type.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("text/event-stream")
    }
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
    after_body: false,
    writer: |_| Box::new(sse::Sse::default()),
};

/// `ndjson`: one JSON value a line.
pub const NDJSON: Representation = Representation {
    name: "ndjson",
    content_type: "application/x-ndjson",
    // It has no registered name, so it goes by many.
    media_types: &[
        "application/x-ndjson",
        "application/jsonl",
        "application/ndjson",
        "application/x-jsonlines",
        "application/json-lines",
    ],
    resumes_midway: true,
    after_body: false,
    writer: |_| Box::new(ndjson::Ndjson),
};

/// `json`: one JSON document, `{"items":[…],"result":…}` or `{"items":[…],"error":{…}}`.
pub const JSON: Representation = Representation {
    name: "json",
    content_type: "application/json",
    media_types: &["application/json"],
    resumes_midway: false,
    after_body: false,
    writer: |_| Box::new(json::Json::default()),
};

/// `json(array)`: one JSON array of the packets. The result is not sent, and a failure cuts the body.
pub const JSON_ARRAY: Representation = Representation { writer: |_| Box::new(json::JsonArray::default()), ..JSON };

/// `csv`: one record a packet (RFC 4180), under a header line from the first one.
#[cfg(feature = "csv")]
pub const CSV: Representation = Representation {
    name: "csv",
    content_type: "text/csv",
    // The parameter by which RFC 4180 asks for the header line.
    media_types: &["text/csv", "text/csv;header=present"],
    resumes_midway: true,
    after_body: false,
    writer: |_| csv::with(&csv::options::CsvOptions::DEFAULT),
};

/// `text`: strings as they are, any other value as a line of JSON.
pub const TEXT: Representation = Representation {
    name: "text",
    content_type: "text/plain; charset=utf-8",
    media_types: &["text/plain"],
    resumes_midway: false,
    after_body: false,
    writer: |_| Box::new(text::Text),
};

/// `bytes`: bytes as they are.
pub const BYTES: Representation = Representation {
    name: "bytes",
    content_type: "application/octet-stream",
    media_types: &["application/octet-stream"],
    resumes_midway: false,
    after_body: false,
    writer: |_| Box::new(bytes::Bytes),
};

/// `hazaar`: the frames of Hazaar MVC's AJAX streaming.
pub const HAZAAR: Representation = Representation {
    name: "hazaar",
    content_type: "application/octet-stream;charset=ISO-8859-1",
    media_types: &["application/octet-stream;charset=ISO-8859-1"],
    resumes_midway: true,
    after_body: false,
    writer: |_| Box::new(hazaar::Hazaar),
};

/// The formats of an action without `formats(…)`. Their order decides between equals.
#[cfg(feature = "csv")]
pub(crate) const ALL: &[Representation] = &[SSE, NDJSON, JSON, CSV, TEXT, BYTES, HAZAAR];
#[cfg(not(feature = "csv"))]
pub(crate) const ALL: &[Representation] = &[SSE, NDJSON, JSON, TEXT, BYTES, HAZAAR];

/// The formats of an action, and the ways to name one of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offered {
    /// The first one is the default.
    pub(crate) formats: &'static [Representation],
    /// The parameter of the query that names one.
    pub(crate) query: Option<&'static str>,
    /// The event that ends every stream of `sse`.
    pub(crate) end_event: Option<&'static str>,
}
