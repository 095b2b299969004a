//! The bytes of event streams and of Hazaar's frames.

use std::time::Duration;

use axum::{Router, http::Request};
use outflow::{Controller as _, Packet, action, controller};
use serde_json::{json, value::RawValue};

use crate::support::{Reply, get, send};

struct Wire;

#[controller]
impl Wire {
    #[action]
    async fn fields(&self) {
        self.stream(Packet::json(&1).event("tick").id("7").retry(Duration::from_millis(1500)));
        self.stream(Packet::raw("<b>\n\r\n\rend").event("html"));
        self.stream(Packet::raw(""));
        self.stream(RawValue::from_string("{\"a\":\n1}".to_owned()).unwrap());
        self.stream("a\nb");
    }

    #[action]
    async fn values(&self) -> &'static str {
        self.stream("plain");
        self.stream("quote\" and \\ and \n");
        self.stream("žluťoučký 🦀");
        self.stream("");
        self.stream(json!({ "text": "ž" }));
        self.stream(None::<u8>);
        self.stream(true);
        self.stream(Packet::raw("raw ž"));
        self.stream(Packet::raw("raw"));
        "the end"
    }

    #[action]
    async fn object(&self) -> serde_json::Value {
        self.stream(1);
        json!({ "total": "ž" })
    }

    #[action]
    async fn nothing(&self) {
        self.stream(1);
    }

    #[action]
    async fn empty(&self) -> &'static str {
        self.stream(1);
        ""
    }

    #[action]
    async fn fails(&self) -> Result<(), (axum::http::StatusCode, &'static str)> {
        self.stream("one");
        Err((axum::http::StatusCode::CONFLICT, "the basket is full: ž"))
    }
}

fn app() -> Router {
    Wire.into_router()
}

async fn hazaar(path: &str) -> Reply {
    send(&app(), Request::get(path).header("x-request-type", "stream")).await
}

#[tokio::test]
async fn an_event_stream_carries_json_and_the_fields_of_a_packet() {
    let expected = concat!(
        "event: tick\nid: 7\nretry: 1500\ndata: 1\n\n",
        "event: html\ndata: <b>\ndata: \ndata: \ndata: end\n\n",
        "data: \n\n",
        "data: {\"a\": 1}\n\n",
        "data: \"a\\nb\"\n\n",
        "event: done\nid: outflow-end\ndata:\n\n",
    );
    assert_eq!(get(&app(), "/wire/fields").await.body, expected);
}

#[tokio::test]
async fn hazaar_frames_are_ascii() {
    let expected = concat!(
        "5\0splain",
        "12\0squote\" and \\ and \n",
        "2c\0a\"\\u017elu\\u0165ou\\u010dk\\u00fd \\ud83e\\udd80\"",
        "0\0s",
        "11\0a{\"text\":\"\\u017e\"}",
        "4\0snull",
        "4\0atrue",
        "c\0a\"raw \\u017e\"",
        "3\0sraw",
        "\0sthe end",
    );
    assert_eq!(hazaar("/wire/values").await.body, expected);
    assert_eq!(hazaar("/wire/object").await.body, "1\0a1\0a{\"total\":\"\\u017e\"}");
    assert_eq!(hazaar("/wire/nothing").await.body, "1\0a1\0s");
    assert_eq!(hazaar("/wire/empty").await.body, "1\0a1\0a\"\"");
}

#[tokio::test]
async fn a_hazaar_failure_has_the_shape_of_the_original() {
    let body = hazaar("/wire/fails").await.body;
    let error = body.strip_prefix("3\0sone\0e").unwrap();
    let expected = json!({
        "ok": false,
        "error": { "type": "Conflict", "status": 409, "str": "the basket is full: ž" },
    });
    assert!(error.is_ascii());
    assert_eq!(serde_json::from_str::<serde_json::Value>(error).unwrap(), expected);
}

#[tokio::test]
async fn every_stream_tells_the_way_not_to_hold_it_back() {
    for reply in [get(&app(), "/wire/nothing").await, hazaar("/wire/nothing").await] {
        assert_eq!(reply.header("cache-control"), "no-cache, no-transform");
        assert_eq!(reply.header("x-accel-buffering"), "no");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("x-response-type"), "stream");
    }
    let reply = hazaar("/wire/nothing").await;
    assert_eq!(reply.header("content-type"), "application/octet-stream;charset=ISO-8859-1");
    assert_eq!(reply.header("content-encoding"), "none");
    assert_eq!(reply.header("pragma"), "no-cache");
}
