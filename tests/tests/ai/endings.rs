//! Every end of an answer, in each format: what its client gets, and that nothing before it is lost.

use std::{future::pending, time::Duration};

use axum::http::{StatusCode, header::CONTENT_TYPE};
use outflow::{
    Drain, action,
    ai::{Part, Reasoning, ToolCall, ToolInput},
    controller,
    run::Runs,
    test::{Client, after},
};
use serde_json::{Value, json};

use super::{FORMATS, asked, body, data, valid};

struct Answers;

#[controller]
impl Answers {
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn silent(&self) {
        if false {
            self.stream("never");
        }
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn early(&self) -> Result<(), (StatusCode, [(&'static str, &'static str); 1], &'static str)> {
        if true {
            return Err((StatusCode::TOO_MANY_REQUESTS, [("x-basket", "7")], "come back tomorrow"));
        }
        self.stream("never");
        Ok(())
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn late(&self) -> Result<(), (StatusCode, &'static str)> {
        self.stream("half an ");
        self.stream(ToolCall::new("a", "look"));
        self.stream(ToolInput::new("a", "{}"));
        Err((StatusCode::SERVICE_UNAVAILABLE, "the model is overloaded"))
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn panics(&self) {
        self.stream(Reasoning::new("half a "));
        panic!("a secret of the server");
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"), timeout = "1m")]
    async fn slow(&self) {
        self.stream("half an ");
        pending::<()>().await;
    }

    #[action(
        post,
        formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"),
        on_shutdown = close
    )]
    async fn closed(&self) {
        self.stream("half an ");
        pending::<()>().await;
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn long(&self) {
        for n in 0..2000 {
            self.stream(format!("{n:0>1000} "));
        }
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"), resumable)]
    async fn run(&self) -> u8 {
        self.stream("a whole ");
        self.stream(Part::from(ToolCall::new("a", "look").input(json!({}))));
        self.stream("answer");
        7
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"), resumable)]
    async fn endless_run(&self) {
        self.stream("half an ");
        pending::<()>().await;
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"), resumable)]
    async fn early_run(&self) -> Result<(), (StatusCode, &'static str)> {
        if true {
            return Err((StatusCode::TOO_MANY_REQUESTS, "come back tomorrow"));
        }
        self.stream("never");
        Ok(())
    }
}

/// The failure at the end of a stream, as status or type, and text.
fn failure(format: &str, stream: &str) -> (String, String) {
    valid::check(format, stream).unwrap_or_else(|why| panic!("{format}: {why}\n{stream}"));
    let events = data(stream);
    let last = events.iter().rfind(|event| **event != "[DONE]").unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match format {
        "ai_sdk" if last["type"] == "abort" => ("abort".into(), String::new()),
        "ai_sdk" => {
            let (status, text) = last["errorText"].as_str().unwrap().split_once(": ").unwrap();
            (status.into(), text.into())
        }
        "ag_ui" => (text(&last["code"]), text(&last["message"])),
        "openai_chat" => (text(&last["error"]["type"]), text(&last["error"]["message"])),
        "openai_responses" => (text(&last["response"]["error"]["code"]), text(&last["response"]["error"]["message"])),
        _ => (text(&last["error"]["type"]), text(&last["error"]["message"])),
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_packet_is_valid() {
    for format in FORMATS {
        let stream = body(&Client::new(Answers), "/answers/silent", format).await;
        valid::check(format, &stream).unwrap_or_else(|why| panic!("{format}: {why}\n{stream}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_first_packet_has_its_status_and_its_headers() {
    let client = Client::new(Answers);
    for format in FORMATS {
        let mut answer = client.post(&format!("/answers/early?format={format}")).extension(asked()).start();
        let head = answer.head().await;
        assert_eq!(
            (head.status(), &head.headers()["x-basket"]),
            (StatusCode::TOO_MANY_REQUESTS, &"7".parse().unwrap())
        );
        let body = answer.wire().await;
        let error = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        match format {
            "openai_chat" | "openai_responses" => {
                assert_eq!(head.headers()[CONTENT_TYPE], "application/json");
                let (kind, message) = ("rate_limit_error", "come back tomorrow");
                assert_eq!(error["error"], json!({ "type": kind, "message": message, "code": "429", "param": null }));
            }
            "anthropic" => {
                let inner = json!({ "type": "rate_limit_error", "message": "come back tomorrow" });
                assert_eq!(error, json!({ "type": "error", "error": inner }));
            }
            _ => assert_eq!(body, "come back tomorrow"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_want_of_room_is_the_protocols_error_too() {
    let client = Client::with_drain(Answers, Drain::new().max_streams(0));
    for (format, kind) in [("openai_chat", "server_error"), ("anthropic", "overloaded_error")] {
        let mut answer = client.post(&format!("/answers/silent?format={format}")).extension(asked()).start();
        let head = answer.head().await;
        assert_eq!(head.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(head.headers().contains_key("retry-after"), "{format}");
        let error: Value = serde_json::from_slice(&answer.wire().await).unwrap();
        assert_eq!(error["error"]["type"], kind, "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_it_is_the_protocols_error() {
    let client = Client::new(Answers);
    for (format, kind) in FORMATS.iter().zip(["503", "503", "server_error", "server_error", "overloaded_error"]) {
        let stream = body(&client, "/answers/late", format).await;
        let expected = (kind.to_owned(), "the model is overloaded".to_owned());
        assert_eq!(failure(format, &stream), expected, "{format}");
        assert!(stream.contains("half an "), "{format}");
        // A page runs a tool as soon as its input is available.
        assert!(!stream.contains("tool-input-available"), "{stream}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_says_nothing_of_its_reason() {
    let client = Client::new(Answers);
    for (format, kind) in FORMATS.iter().zip(["500", "500", "server_error", "server_error", "api_error"]) {
        let stream = body(&client, "/answers/panics", format).await;
        assert_eq!(failure(format, &stream), (kind.to_owned(), "Internal Server Error".to_owned()), "{format}");
        assert!(stream.contains("half a ") && !stream.contains("secret"), "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_an_error_too() {
    let client = Client::new(Answers).limit(Duration::from_secs(100));
    for (format, kind) in FORMATS.iter().zip(["504", "504", "server_error", "server_error", "timeout_error"]) {
        let stream = body(&client, "/answers/slow", format).await;
        assert_eq!(failure(format, &stream).0, kind, "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_cut_has_no_end() {
    for format in FORMATS {
        let client = Client::with_drain(Answers, Drain::new());
        let mut answer = client.post(&format!("/answers/closed?format={format}")).extension(asked()).start();
        answer.head().await;
        client.drain();
        answer.cut().await;
        let bytes = answer.wire().await;
        let stream = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(stream.contains("half an "), "{format}: {stream}");
        assert!(valid::check(format, &stream).is_err(), "{format}: {stream}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_loses_nothing() {
    let client = Client::new(Answers);
    for format in FORMATS {
        let mut answer = client.post(&format!("/answers/long?format={format}")).extension(asked()).start();
        answer.head().await;
        answer.stall();
        client.held("/answers/long").await;
        answer.read_on();
        let bytes = answer.wire().await;
        let stream = String::from_utf8(bytes.to_vec()).unwrap();
        valid::check(format, &stream).unwrap_or_else(|why| panic!("{format}: {why}"));
        assert!((0..2000).all(|n| stream.contains(&format!("{n:0>1000} "))), "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_the_same_for_each_of_its_followers() {
    let client = Client::new(Answers);
    for format in FORMATS {
        let mut answer = client.post(&format!("/answers/run?format={format}")).extension(asked()).start();
        answer.head().await;
        let first = answer.wire().await;
        let follow = client.follow(answer.run(), after(0)).query(&[("format", format)]).extension(asked());
        let again = String::from_utf8(follow.start().wire().await.to_vec()).unwrap();
        valid::check(format, &again).unwrap_or_else(|why| panic!("{format}: {why}\n{again}"));
        let seconds = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "#");
        assert_eq!(seconds(&again), seconds(&String::from_utf8_lossy(&first)), "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_is_the_protocols_abort() {
    let client = Client::new(Answers);
    for (format, kind) in FORMATS.iter().zip(["abort", "cancelled", "cancelled", "cancelled", "cancelled"]) {
        let mut answer = client.post(&format!("/answers/endless-run?format={format}")).extension(asked()).start();
        answer.head().await;
        client.cancel(answer.run()).await;
        let bytes = answer.wire().await;
        let stream = String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(failure(format, &stream).0, kind, "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_before_its_first_packet_answers_in_the_protocols_words() {
    let client = Client::new(Answers);
    for format in ["openai_chat", "openai_responses", "anthropic"] {
        let mut answer = client.post(&format!("/answers/early-run?format={format}")).extension(asked()).start();
        assert_eq!(answer.head().await.status(), StatusCode::TOO_MANY_REQUESTS);
        let error: Value = serde_json::from_slice(&answer.wire().await).unwrap();
        assert_eq!(error["error"]["message"], "come back tomorrow", "{format}");
    }
}

/// A run in one log is followed in another face.
#[tokio::test(start_paused = true)]
async fn a_run_has_many_faces() {
    use axum::Extension;
    use outflow::Controller as _;

    let app = Answers.into_router().layer(Extension(Runs::default()));
    let client = Client::new(app);
    let mut answer = client.post("/answers/run?format=ai_sdk").extension(asked()).start();
    answer.head().await;
    answer.wire().await;
    for format in FORMATS {
        let mut face = client.follow(answer.run(), after(0)).query(&[("format", format)]).extension(asked()).start();
        let bytes = face.wire().await;
        valid::check(format, std::str::from_utf8(&bytes).unwrap()).unwrap();
    }
}
