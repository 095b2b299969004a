//! How packets are written on the wire: one file a format, behind one small trait.

pub(crate) mod accept;
mod hazaar;
pub(crate) mod sse;

use axum::http::{HeaderMap, HeaderValue, header};

pub(crate) use self::{hazaar::Hazaar, sse::Sse};
use crate::{
    failure::Problem,
    packet::{Content, Unwritable},
};

/// Writes packets, and the end, into frames. One value of it serves one response.
pub(crate) trait Format: Send {
    /// The media type, and any header that this format needs beside those of every stream.
    fn headers(&self, headers: &mut HeaderMap);

    /// Appends one packet. After an `Err`, `out` is cut back to where it was.
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable>;

    /// Appends the end of an action that returned: its result as JSON, or none.
    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>);

    /// Appends the end of an action that failed.
    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>);
}

/// A format by its name in `formats(…)`. Where a request likes several the same, their order decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// `sse`.
    Sse,
    /// `hazaar`.
    Hazaar,
}

/// A media type that asks for a format, in lower case.
#[derive(Debug)]
pub(crate) struct MediaType {
    kind: &'static str,
    subtype: &'static str,
    parameter: Option<(&'static str, &'static str)>,
}

impl Named {
    /// Every format, in the order of preference.
    pub(crate) const ALL: [Self; 2] = [Self::Sse, Self::Hazaar];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::Hazaar => "hazaar",
        }
    }

    pub(crate) fn media_types(self) -> &'static [MediaType] {
        match self {
            Self::Sse => &[MediaType { kind: "text", subtype: "event-stream", parameter: None }],
            Self::Hazaar => &[MediaType {
                kind: "application",
                subtype: "octet-stream",
                parameter: Some(("charset", "iso-8859-1")),
            }],
        }
    }

    /// A writer for one response.
    pub(crate) fn writer(self) -> Box<dyn Format> {
        match self {
            Self::Sse => Box::new(Sse),
            Self::Hazaar => Box::new(Hazaar),
        }
    }
}

/// The headers of every streamed response, in every format: nothing on the way may store, change or hold it back.
pub(crate) fn stream_headers(format: &dyn Format) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("x-response-type", HeaderValue::from_static("stream"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, x-request-type"));
    format.headers(&mut headers);
    headers
}
