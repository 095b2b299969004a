//! A server whose actions answer as a model does, in the protocols of AI front ends. The clients of these protocols are
//! tested against it.

use std::{env, io, sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use outflow::{
    Controller as _, Packet, Server, action,
    ai::{ChatRequest, Data, File, Reasoning, Source, Step, ToolCall, ToolInput, ToolResult, Usage},
    controller,
    run::{RedisLog, Runs},
};
use outflow_tests::packets::packets_of;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore, time::sleep};

/// Most clients add to an action's path what they call, which is all the same here.
struct Answers {
    /// A permit for each answer that may go on: `POST /go` adds one.
    held: Arc<Semaphore>,
}

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

    /// The packets with this number, whatever they are, and a failure after some of them.
    #[action(post, path = "/any/{number}/{*_call}", formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic))]
    async fn any(&self, number: u32, _call: String, request: ChatRequest) -> Result<Value, StatusCode> {
        let format = format_of(&request);
        let (packets, fails) = packets_of(number);
        for packet in packets {
            self.stream(packet.packet(format));
        }
        self.stream("the end");
        if fails { Err(StatusCode::CONFLICT) } else { Ok(json!({ "done": true })) }
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
        self.go_on().await;
    }

    /// The words of the person, to the end even if its page leaves.
    #[action(post, formats(sse, ai_sdk), resumable)]
    async fn run(&self, request: ChatRequest) -> Result<(), (StatusCode, &'static str)> {
        self.say(&request.prompt()).await
    }

    /// The same under the name of its chat.
    #[action(post, path = "/named/{chat}", formats(ai_sdk), resumable(name = chat))]
    async fn named(&self, chat: String, request: ChatRequest) -> Result<(), (StatusCode, &'static str)> {
        let _ = chat;
        self.say(&request.prompt()).await
    }

    /// Says words, some of which are instructions.
    async fn say(&self, words: &str) -> Result<(), (StatusCode, &'static str)> {
        for word in words.split_inclusive(' ') {
            match word.trim() {
                "[refuse]" => return Err((StatusCode::TOO_MANY_REQUESTS, "come back tomorrow")),
                "[fail]" => return Err((StatusCode::SERVICE_UNAVAILABLE, "the model is overloaded")),
                "[endless]" => self.go_on().await,
                "[paid]" => self.stream(ToolResult::new("call-1", json!({ "paid": true }))),
                "[hold]" => self.held.acquire().await.expect("it is never closed").forget(),
                _ => self.stream(word),
            }
        }
        Ok(())
    }

    async fn go_on(&self) {
        let _dropped = Dropped;
        loop {
            self.stream("on and ");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The log of runs: in Redis, for several nodes, or in memory.
async fn runs() -> io::Result<Runs> {
    let Ok(url) = env::var("REDIS_URL") else { return Ok(Runs::default()) };
    RedisLog::connect(&url).await.map(Runs::new).map_err(io::Error::other)
}

/// The format of the client's protocol.
const fn format_of(request: &ChatRequest) -> &'static str {
    match request {
        ChatRequest::AgUi(_) => "ag_ui",
        ChatRequest::OpenAiChat(_) => "openai_chat",
        ChatRequest::OpenAiResponses(_) => "openai_responses",
        ChatRequest::Anthropic(_) => "anthropic",
        _ => "ai_sdk",
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind(env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into())).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let held = Arc::new(Semaphore::new(0));
    let answers = Answers { held: held.clone() };
    let app = Router::new()
        .merge(answers.into_router().layer(runs().await?.layer()))
        .route("/health", get(async || "ok"))
        .route("/go", post(async move || held.add_permits(1)));
    Server::new(app).serve_on(listener).await
}
