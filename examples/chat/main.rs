//! A chat whose answers go on while nobody is watching: reload the page in mid-answer, or open it in a second tab.
//!
//! ```text
//! cargo run --example chat
//! OPENAI_BASE_URL=https://api.openai.com/v1 OPENAI_API_KEY=… OPENAI_MODEL=gpt-4o-mini cargo run --example chat
//! curl -N 127.0.0.1:3000/chat/answer -H 'content-type: application/json' \
//!   -d '{"messages":[{"role":"user","content":"What is a stream?"}]}'
//! ```
//!
//! Runs are kept in memory and are lost with the process. With `--features redis` and the variable `REDIS_URL` they are
//! kept in Redis: start two of these behind one address, kill the one that a page reads from, and the page reads on from
//! the other. Only when the process that produces an answer dies is the answer lost, and every page is told.

mod markov;
mod model;
mod openai;

use std::{env, io};

use axum::{Json, Router, http::header::CONTENT_TYPE, response::Html, routing::get};
use futures_util::StreamExt as _;
use outflow::{Controller as _, Server, action, controller, run::Runs};
use outflow_examples::listen;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::model::{Message, Model, Trouble};

struct Chat {
    model: Model,
}

/// The request: the conversation so far, with the question at its end.
#[derive(Deserialize, JsonSchema)]
struct Conversation {
    messages: Vec<Message>,
}

/// One packet.
#[derive(Serialize, JsonSchema)]
struct Token {
    text: String,
}

/// The result.
#[derive(Serialize, JsonSchema)]
struct Usage {
    tokens: u32,
    seconds: f64,
    model: String,
}

#[controller]
impl Chat {
    /// Nothing in here has to know about reloads, tabs or nodes. Cancelling the run drops this method where it waits,
    /// and with it the connection to the model.
    #[action(post, resumable, item = Token)] // POST /chat/answer
    async fn answer(&self, Json(conversation): Json<Conversation>) -> Result<Usage, Trouble> {
        let start = Instant::now();
        let mut answer = self.model.answer(&conversation.messages).await?;
        let mut tokens = 0;
        while let Some(text) = answer.next().await {
            self.stream(Token { text: text? });
            tokens += 1;
        }
        Ok(Usage { tokens, seconds: start.elapsed().as_secs_f64(), model: self.model.name().to_owned() })
    }
}

/// The log that keeps the runs.
async fn runs() -> io::Result<Runs> {
    match env::var("REDIS_URL") {
        Ok(url) => in_redis(&url).await,
        Err(_) => Ok(Runs::default()),
    }
}

async fn in_redis(url: &str) -> io::Result<Runs> {
    #[cfg(feature = "redis")]
    return match outflow::run::RedisLog::connect(url).await {
        Ok(log) => Ok(Runs::new(log)),
        Err(error) => Err(io::Error::other(format!("no log of runs at REDIS_URL `{url}`: {error}"))),
    };
    #[cfg(not(feature = "redis"))]
    Err(io::Error::other(format!(
        "REDIS_URL is `{url}`, and this program was built without Redis: add `--features redis` to `cargo run`"
    )))
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let chat = Chat { model: Model::from_env().map_err(io::Error::other)? };
    let script = || async { ([(CONTENT_TYPE, "text/javascript")], include_str!("page.mjs")) };
    let app = Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .route("/page.mjs", get(script))
        .merge(outflow::client::router())
        .merge(chat.into_router().layer(runs().await?.layer()));

    Server::new(app).serve_on(listen().await?).await
}

#[cfg(test)]
mod tests;
