//! The model proxy: a question goes to a model, and its answer comes down token by token.

use axum::{
    Json,
    body::Body,
    http::{Request, StatusCode, header::CONTENT_TYPE},
};
use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use outflow::{Problem, action, controller};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub struct Assistant {
    client: Client<HttpConnector, Body>,
    /// The URL of the model's `chat/completions`.
    model: String,
}

#[derive(Deserialize)]
struct Question {
    text: String,
}

/// One packet.
#[derive(Serialize)]
struct Token {
    text: String,
}

/// The result, as the model counts it.
#[derive(Deserialize, Serialize)]
struct Usage {
    prompt_tokens: u32,
    completion_tokens: u32,
}

/// An event of the model. The last one has the usage, and no choices.
#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

impl Assistant {
    pub fn new(model: String) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), model }
    }
}

#[controller(problems)]
impl Assistant {
    /// The answer goes on when its page is closed. Stopping it drops this method where it waits, and with it the
    /// connection to the model, which then stops as well.
    #[action(post, resumable, item = Token)] // POST /assistant/answer
    async fn answer(&self, Json(question): Json<Question>) -> Result<Usage, Problem> {
        let messages = json!([{ "role": "user", "content": question.text }]);
        let body = json!({ "stream": true, "stream_options": { "include_usage": true }, "messages": messages });
        let request = Request::post(&self.model).header(CONTENT_TYPE, "application/json").body(body.to_string().into());
        let request = request.map_err(|_| trouble("has no valid URL"))?;
        let response = self.client.request(request).await.map_err(|_| trouble("can't be reached"))?;
        if !response.status().is_success() {
            return Err(trouble("refused to answer"));
        }
        let mut events = Body::new(response.into_body()).into_data_stream().eventsource();
        let mut usage = None;
        while let Some(event) = events.next().await {
            let event = event.map_err(|_| trouble("broke off"))?;
            if event.data == "[DONE]" {
                return usage.ok_or_else(|| trouble("did not say what it used"));
            }
            let chunk: Chunk = serde_json::from_str(&event.data).map_err(|_| trouble("sent no chunk of an answer"))?;
            for text in chunk.choices.into_iter().filter_map(|choice| choice.delta.content) {
                self.stream(Token { text });
            }
            usage = chunk.usage.or(usage);
        }
        Err(trouble("broke off"))
    }
}

fn trouble(what: &str) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY).with_detail(format_args!("The model {what}."))
}
