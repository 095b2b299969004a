//! The test client reads the protocols of AI front ends by the same calls as any other format.

use std::future::pending;

use axum::http::StatusCode;
use outflow::{
    action, controller,
    test::{Answer, Client},
};
use serde_json::{Value, json};

use super::{FORMATS, asked};

struct Answers;

#[controller]
impl Answers {
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn returns(&self) -> Value {
        self.stream("It ");
        self.stream("rains.");
        json!({ "sky": "grey" })
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn returns_nothing(&self) {
        self.stream("It rains.");
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn fails(&self) -> Result<(), (StatusCode, &'static str)> {
        self.stream("It ");
        Err((StatusCode::SERVICE_UNAVAILABLE, "the model is overloaded"))
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn refuses(&self) -> Result<(), (StatusCode, &'static str)> {
        if true {
            return Err((StatusCode::TOO_MANY_REQUESTS, "come back tomorrow"));
        }
        self.stream("never");
        Ok(())
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"), resumable)]
    async fn endless(&self) {
        self.stream("on");
        pending::<()>().await;
    }

    /// Passes the events of others on, in a format that has an end of its own.
    #[action]
    async fn passes_on(&self) -> u8 {
        self.stream(json!({ "type": "RUN_FINISHED", "result": 1 }));
        self.stream(json!({ "type": "finish" }));
        7
    }
}

async fn post(client: &Client, path: &str, format: &str) -> Answer {
    client.post(&format!("{path}?format={format}")).extension(asked()).start()
}

#[tokio::test(start_paused = true)]
async fn the_chunks_are_packets_and_the_result_is_in_the_end() {
    let client = Client::new(Answers);
    for format in FORMATS {
        let mut answer = post(&client, "/answers/returns", format).await;
        let first: Value = answer.packet().await;
        assert!(first.is_object(), "{format}: {first}");
        assert_eq!(answer.done::<Value>().await, json!({ "sky": "grey" }), "{format}");
        let rest: Vec<Value> = answer.unread();
        assert!(rest.iter().any(|chunk| chunk.to_string().contains("\"rains.\"")), "{format}: {rest:?}");

        let mut answer = post(&client, "/answers/returns-nothing", format).await;
        answer.done::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_protocols_error_is_a_failure() {
    let client = Client::new(Answers);
    for format in FORMATS {
        for (action, status, detail) in [
            ("fails", StatusCode::SERVICE_UNAVAILABLE, "the model is overloaded"),
            ("refuses", StatusCode::TOO_MANY_REQUESTS, "come back tomorrow"),
        ] {
            let mut answer = post(&client, &format!("/answers/{action}"), format).await;
            let failed = answer.failed().await;
            assert_eq!((failed.status(), failed.detail()), (status, detail), "{format} {action}");
        }
        let mut answer = post(&client, "/answers/endless", format).await;
        answer.head().await;
        client.cancel(answer.run()).await;
        assert_eq!(answer.failed().await.status(), StatusCode::GONE, "{format}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_only_looks_like_an_end_is_a_packet() {
    let client = Client::new(Answers);
    let all = client.get("/answers/passes-on").all::<Value, u8>().await;
    assert_eq!((all.packets.len(), all.result), (2, 7));
}
