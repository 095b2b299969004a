//! The proxy by hand: axum's `Sse` over an `async_stream::stream!`, with the chunks as types of serde's.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use async_stream::try_stream;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::sse::{Event, KeepAlive, Sse},
    routing::post,
};
use futures_util::{Stream, StreamExt as _};
use rand::{Rng as _, distr::Alphanumeric};
use serde::Serialize;
use serde_json::Value;

use super::model::Model;
use crate::peers::axum::serve_routes;

struct Completion<'a> {
    id: String,
    created: u64,
    model: &'a str,
}

impl Completion<'_> {
    fn chunk(&self, delta: Delta<'_>, finish_reason: Option<&'static str>) -> Result<Event, axum::Error> {
        Event::default().json_data(Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: self.model,
            choices: [Choice { index: 0, delta, finish_reason }],
        })
    }
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: [Choice<'a>; 1],
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Delta<'a>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

async fn chat_completions(
    State(model): State<Model>,
    Json(request): Json<Value>,
) -> Result<Sse<impl Stream<Item = Result<Event>>>, StatusCode> {
    let mut tokens = model.answer(&request).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    let events = try_stream! {
        let random: String = rand::rng().sample_iter(Alphanumeric).take(24).map(char::from).collect();
        let completion = Completion {
            id: format!("chatcmpl-{random}"),
            created: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
            model: request["model"].as_str().unwrap_or_default(),
        };
        yield completion.chunk(Delta { role: Some("assistant"), content: Some("") }, None)?;
        while let Some(token) = tokens.next().await {
            let token = token?;
            yield completion.chunk(Delta { role: None, content: Some(&token) }, None)?;
        }
        yield completion.chunk(Delta::default(), Some("stop"))?;
        yield Event::default().data("[DONE]");
    };
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

pub(super) async fn serve(model: Model) -> Result<()> {
    serve_routes(Router::new().route("/v1/chat/completions", post(chat_completions)).with_state(model)).await
}
