//! A chat whose answers go on while nobody is watching: reload the page in mid-answer, or open it in a second tab. One
//! action answers three front ends: the page at `/`, which needs no build step; `/react`, with the AI SDK's `useChat`; and
//! `/ag-ui`, with AG-UI's `HttpAgent`.
//!
//! ```text
//! cargo run --example chat
//! (cd examples/chat/react && npm ci && npm run build)     # for /react and /ag-ui
//! OPENAI_BASE_URL=https://api.openai.com/v1 OPENAI_API_KEY=… OPENAI_MODEL=gpt-4o-mini cargo run --example chat
//! curl -N 127.0.0.1:3000/chat/mine -H 'content-type: application/json' -H 'accept: application/x-ndjson' \
//!   -d '{"messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"What is a stream?"}]}]}'
//! ```
//!
//! Without `OPENAI_BASE_URL` a model that needs no network stands in. Words in the question choose what it does: `level`
//! has it call a tool that runs here, `gate` one that the person has to approve, and `fail` breaks the answer off. A real
//! model gets no tools, and answers in text.
//!
//! Runs are kept in memory and are lost with the process. With `--features redis` and the variable `REDIS_URL` they are
//! kept in Redis: start two of these behind one address, kill the one that a page reads from, and the page reads on from
//! the other. Only when the process that produces an answer dies is the answer lost, and every page is told.

mod markov;
mod model;
mod openai;
mod pages;
mod stand_in;
mod tools;

use std::{env, io};

use axum::Router;
use futures_util::StreamExt as _;
use outflow::{
    Controller as _, Server, action,
    ai::{ChatRequest, Part},
    controller,
    run::Runs,
};
use outflow_examples::listen;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use crate::model::{Model, Trouble};

struct Chat {
    model: Model,
}

/// The result.
#[derive(Serialize, JsonSchema)]
struct Summary {
    tokens: u32,
    seconds: f64,
    model: String,
}

#[controller]
impl Chat {
    /// Nothing in here has to know about reloads, tabs, nodes or protocols. Cancelling the run drops this method where it
    /// waits, and with it the connection to the model.
    #[action(
        post,
        path = "/{chat}", // POST /chat/{chat}
        resumable(name = chat),
        formats(sse, ndjson, ai_sdk, ag_ui, query = "format"),
        item = Part
    )]
    async fn answer(&self, _chat: String, request: ChatRequest) -> Result<Summary, Trouble> {
        let start = Instant::now();
        let mut answer = self.model.answer(&request).await?;
        let mut tokens = 0;
        while let Some(part) = answer.next().await {
            let part = part?;
            tokens += u32::from(matches!(part, Part::Text(_) | Part::Reasoning(_)));
            self.stream(part);
        }
        Ok(Summary { tokens, seconds: start.elapsed().as_secs_f64(), model: self.model.name().to_owned() })
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
    let app = Router::new()
        .merge(pages::router())
        .merge(outflow::client::router())
        .merge(chat.into_router().layer(runs().await?.layer()));

    Server::new(app).serve_on(listen().await?).await
}

#[cfg(test)]
mod tests;
