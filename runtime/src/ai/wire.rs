//! Events of a protocol: one JSON object on one line of `data:` (WHATWG HTML, section 9.2).

use serde::Serialize;

/// One JSON object, written member by member.
#[must_use = "an object ends with `end`"]
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
    end: &'static [u8],
}

/// Starts an event.
pub(super) fn event(out: &mut Vec<u8>) -> Object<'_> {
    out.extend_from_slice(b"data: {");
    Object { out, is_empty: true, end: b"}\n\n" }
}

/// Starts an event with the member `type`.
pub(super) fn event_of<'a>(kind: &str, out: &'a mut Vec<u8>) -> Object<'a> {
    event(out).str("type", kind)
}

/// Starts an event that has its `type` as its name too.
pub(super) fn named_event<'a>(kind: &str, out: &'a mut Vec<u8>) -> Object<'a> {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.push(b'\n');
    event_of(kind, out)
}

/// Starts an object by itself.
pub(super) fn object(out: &mut Vec<u8>) -> Object<'_> {
    out.push(b'{');
    Object { out, is_empty: true, end: b"}" }
}

/// Appends an event of JSON that is written already.
pub(super) fn event_of_json(json: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    put_json(json, out);
    out.extend_from_slice(b"\n\n");
}

/// Appends the event that ends a stream of the AI SDK and of chat completions.
pub(super) fn done(out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: [DONE]\n\n");
}

/// Appends JSON on one line: line breaks between its tokens mean nothing.
fn put_json(json: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(json);
    if memchr::memchr2(b'\n', b'\r', json).is_some() {
        for byte in &mut out[start..] {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
}

impl Object<'_> {
    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A member that is JSON already.
    pub(super) fn json(mut self, key: &str, json: &[u8]) -> Self {
        self.key(key);
        put_json(json, self.out);
        self
    }

    /// A member that is a value.
    pub(super) fn value<T: Serialize + ?Sized>(mut self, key: &str, value: &T) -> Self {
        self.key(key);
        let start = self.out.len();
        if serde_json::to_writer(&mut *self.out, value).is_err() {
            // Only values that are JSON in any case come here.
            self.out.truncate(start);
            self.out.extend_from_slice(b"null");
        }
        self
    }

    /// A member that is a string.
    pub(super) fn str(self, key: &str, text: &str) -> Self {
        self.value(key, text)
    }

    /// A member that may be missing.
    pub(super) fn some<T: Serialize>(self, key: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.value(key, &value),
            None => self,
        }
    }

    /// A member that is JSON already, or missing.
    pub(super) fn some_json(self, key: &str, json: Option<&[u8]>) -> Self {
        match json {
            Some(json) => self.json(key, json),
            None => self,
        }
    }

    /// A member that is an object.
    pub(super) fn object(mut self, key: &str, members: impl FnOnce(Object<'_>) -> Object<'_>) -> Self {
        self.key(key);
        members(object(self.out)).end();
        self
    }

    /// A member that is a list of one object.
    pub(super) fn list(mut self, key: &str, members: impl FnOnce(Object<'_>) -> Object<'_>) -> Self {
        self.key(key);
        self.out.push(b'[');
        members(object(self.out)).end();
        self.out.push(b']');
        self
    }

    pub(super) fn end(self) {
        self.out.extend_from_slice(self.end);
    }
}

/// JSON as a JSON string, as protocols carry a tool's input and output.
pub(super) fn quoted(json: &str) -> Vec<u8> {
    let mut out = Vec::new();
    quote(json, &mut out);
    out
}

/// Appends text as a JSON string.
pub(super) fn quote(text: &str, out: &mut Vec<u8>) {
    // Writing a string into memory can't fail.
    let _ = serde_json::to_writer(out, text);
}
