//! Forms with files (`multipart/form-data`, RFC 7578).

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::request::header_value;

/// A form with files, for [`Request::multipart`](super::Request::multipart).
///
/// ```
/// use outflow::test::Multipart;
///
/// let form = Multipart::new().text("title", "Notes").file("notes", "notes.txt", "one\ntwo");
/// ```
#[derive(Debug, Default)]
pub struct Multipart {
    parts: Vec<(String, Body)>,
}

/// No part of a test contains it.
const BOUNDARY: &str = "outflow-test-boundary-7f3c1e5a9d";

impl Multipart {
    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{}\"", quoted(name)), value.to_owned())
    }

    /// Adds a file: bytes, text, or a stream by [`Body::from_stream`]. Its media type is `application/octet-stream`.
    #[must_use]
    pub fn file(self, name: &str, file_name: &str, content: impl Into<Body>) -> Self {
        self.typed_file(name, file_name, "application/octet-stream", content)
    }

    /// Adds a file of this media type.
    ///
    /// # Panics
    /// If the media type can't be the value of a header.
    #[must_use]
    #[track_caller]
    pub fn typed_file(self, name: &str, file_name: &str, media_type: &str, content: impl Into<Body>) -> Self {
        let _ = header_value(media_type);
        let (name, file_name) = (quoted(name), quoted(file_name));
        self.part(&format!("name=\"{name}\"; filename=\"{file_name}\"\r\ncontent-type: {media_type}"), content)
    }

    fn part(mut self, disposition: &str, content: impl Into<Body>) -> Self {
        let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; {disposition}\r\n\r\n");
        self.parts.push((head, content.into()));
        self
    }

    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    pub(super) fn into_body(self) -> Body {
        let text = |text: String| stream::iter([Ok::<_, axum::Error>(Bytes::from(text))]);
        let parts = stream::iter(self.parts).flat_map(move |(head, content)| {
            text(head).chain(content.into_data_stream()).chain(text("\r\n".to_owned()))
        });
        Body::from_stream(parts.chain(text(format!("--{BOUNDARY}--\r\n"))))
    }
}

/// A name within quotes (RFC 7578, section 5.1; WHATWG HTML, section 4.10.21.8).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
