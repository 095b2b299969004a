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
