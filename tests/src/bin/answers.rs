//! A server whose actions answer as a model does, in the protocols of AI front ends. The clients of these protocols are
//! tested against it.

use std::{env, io, time::Duration};

use axum::{Router, http::StatusCode, routing::get};
use outflow::{
    Controller as _, Packet, Server, action,
    ai::{ChatRequest, Data, File, Reasoning, Source, Step, ToolCall, ToolInput, ToolResult, Usage},
    controller,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

/// The clients add to an action's path what they call, which is all the same here.
struct Answers;

/// Says that an action was dropped.
struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        println!("the endless answer was dropped");
    }
}

#[controller]
impl Answers {
    /// All packets there are, and a result.
    #[action(post, path = "/everything/{*_call}", formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn everything(&self, _call: String, _request: ChatRequest) -> Value {
        self.stream(Step::named("look"));
        self.stream(Reasoning::new("Where is "));
        self.stream(Reasoning::new("Oslo?"));
        self.stream(ToolCall::new("call-1", "weather"));
        self.stream(ToolInput::new("call-1", r#"{"city":"#));
        self.stream(ToolInput::new("call-1", r#""Oslo"}"#));
        self.stream(ToolResult::new("call-1", json!({ "sky": "rain" })));
        self.stream(ToolCall::new("call-2", "map").input(json!({ "zoom": 3 })));
        self.stream(ToolResult::failed("call-2", "no map"));
        self.stream(Step::named("say"));
        self.stream("It ");
        self.stream(Packet::raw("rains."));
        self.stream(Source::new("https://example.com/oslo").title("Oslo"));
        self.stream(File::new("data:text/plain;base64,aGk=", "text/plain"));
        self.stream(Data::new("mood", "wet"));
        self.stream(Packet::json(&json!({ "mm": 4 })).event("rain"));
        self.stream(Usage::new(12, 34));
        json!({ "model": "stand-in" })
    }

    /// The words of the person, one by one.
    #[action(post, path = "/echo/{*_call}", formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn echo(&self, _call: String, request: ChatRequest) {
        for word in request.prompt().split_inclusive(' ') {
            self.stream(word);
        }
    }

    /// A tool that the client has to run.
    #[action(post, path = "/calls/{*_call}", formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn calls(&self, _call: String, _request: ChatRequest) {
        self.stream(ToolCall::new("call-1", "weather"));
        self.stream(ToolInput::new("call-1", r#"{"city":"#));
        self.stream(ToolInput::new("call-1", r#""Oslo"}"#));
    }

    #[action(post, path = "/refuses/{*_call}", formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn refuses(&self, _call: String, _request: ChatRequest) -> Result<(), (StatusCode, &'static str)> {
        if true {
            return Err((StatusCode::TOO_MANY_REQUESTS, "come back tomorrow"));
        }
        self.stream("never");
        Ok(())
    }

    #[action(post, path = "/fails/{*_call}", formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn fails(&self, _call: String, _request: ChatRequest) -> Result<(), (StatusCode, &'static str)> {
        self.stream("It ");
        Err((StatusCode::SERVICE_UNAVAILABLE, "the model is overloaded"))
    }

    #[action(post, path = "/endless/{*_call}", formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn endless(&self, _call: String, _request: ChatRequest) {
        let _dropped = Dropped;
        loop {
            self.stream("on and ");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind(env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let app = Router::new().merge(Answers.into_router()).route("/health", get(async || "ok"));
    Server::new(app).serve_on(listener).await
}
