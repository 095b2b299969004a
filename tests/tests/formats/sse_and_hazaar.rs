//! The bytes of event streams and of Hazaar's frames.

use std::time::Duration;

use axum::http::StatusCode;
use outflow::{
    Packet, action, controller,
    test::{Client, Request},
};
use serde_json::{Value, json, value::RawValue};

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
    async fn object(&self) -> Value {
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
    async fn fails(&self) -> Result<(), (StatusCode, &'static str)> {
        self.stream("one");
        Err((StatusCode::CONFLICT, "the basket is full: ž"))
    }
}

fn hazaar<'a>(client: &'a Client, path: &str) -> Request<'a> {
    client.get(path).header("x-request-type", "stream")
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_carries_json_and_the_fields_of_a_packet() {
    let expected = concat!(
        "event: tick\nid: 7\nretry: 1500\ndata: 1\n\n",
        "event: html\ndata: <b>\ndata: \ndata: \ndata: end\n\n",
        "data: \n\n",
        "data: {\"a\": 1}\n\n",
        "data: \"a\\nb\"\n\n",
        "event: done\nid: outflow-end\ndata:\n\n",
    );
    assert_eq!(Client::new(Wire).get("/wire/fields").start().text().await, expected);
}

#[tokio::test(start_paused = true)]
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
    let client = Client::new(Wire);
    for (path, expected) in [
        ("/wire/values", expected),
        ("/wire/object", "1\0a1\0a{\"total\":\"\\u017e\"}"),
        ("/wire/nothing", "1\0a1\0s"),
        ("/wire/empty", "1\0a1\0a\"\""),
    ] {
        assert_eq!(hazaar(&client, path).start().text().await, expected, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hazaar_failure_has_the_shape_of_the_original() {
    let client = Client::new(Wire);
    let mut answer = hazaar(&client, "/wire/fails").start();
    assert_eq!(answer.failed().await.status(), StatusCode::CONFLICT);
    let body = answer.wire().await;
    let error = body.strip_prefix(b"3\0sone\0e").unwrap();
    let expected = json!({
        "ok": false,
        "error": { "type": "Conflict", "status": 409, "str": "the basket is full: ž" },
    });
    assert!(error.is_ascii());
    assert_eq!(serde_json::from_slice::<Value>(error).unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn every_stream_tells_the_way_not_to_hold_it_back() {
    let client = Client::new(Wire);
    let mut answers = [client.get("/wire/nothing").start(), hazaar(&client, "/wire/nothing").start()];
    for answer in &mut answers {
        let head = answer.head().await;
        assert_eq!(head.headers()["cache-control"], "no-cache, no-transform");
        assert_eq!(head.headers()["x-accel-buffering"], "no");
        assert_eq!(head.headers()["x-content-type-options"], "nosniff");
        assert_eq!(head.headers()["x-response-type"], "stream");
        answer.done::<Option<String>>().await;
    }
    let head = answers[1].head().await;
    assert_eq!(head.headers()["content-type"], "application/octet-stream;charset=ISO-8859-1");
    assert_eq!(head.headers()["content-encoding"], "none");
    assert_eq!(head.headers()["pragma"], "no-cache");
}
