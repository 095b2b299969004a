//! A response that is no stream: of an ordinary handler, or of an action that failed before its first packet.

use axum::http::StatusCode;

use super::{Decoder, End, Item};
use crate::test::received::Failed;

pub(super) struct Whole {
    status: StatusCode,
    is_json: bool,
    body: Vec<u8>,
}

impl Whole {
    pub(super) fn new(status: StatusCode, media_type: &str) -> Self {
        let is_json = media_type == "application/json" || media_type.ends_with("+json");
        Self { status, is_json, body: Vec::new() }
    }
}

impl Decoder for Whole {
    fn push(&mut self, bytes: &[u8], _items: &mut Vec<Item>) {
        self.body.extend_from_slice(bytes);
    }

    fn finish(&mut self, items: &mut Vec<Item>) {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        let is_failure = self.status.is_client_error() || self.status.is_server_error();
        items.push(Item::End(match (is_failure, self.is_json) {
            (true, true) => End::Failed(Failed::new(self.status, &text)),
            (true, false) => End::Failed(Failed::of_text(self.status, &text)),
            (false, _) if text.is_empty() => End::Done(None),
            (false, true) => End::Done(Some(text)),
            (false, false) => End::Done(Some(serde_json::Value::from(text).to_string())),
        }));
    }
}
