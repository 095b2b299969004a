//! What the answers that are one document share.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use serde_json::{Value, json};

/// Sets the head of a document: it is what any handler sends, and not a stream.
pub(super) fn headers(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.remove(HeaderName::from_static("x-response-type"));
}

/// What keeps the connection of a document open: space in front of it.
pub(super) const HEARTBEAT: &[u8] = b"\n";

/// Data of the application's own, as an entry of the member `data`.
pub(super) fn entry(name: &str, id: Option<&str>, json: &[u8]) -> Value {
    let value: Value = serde_json::from_slice(json).unwrap_or_default();
    let mut entry = json!({ "name": name, "value": value });
    if let Some(id) = id {
        entry["id"] = id.into();
    }
    entry
}
