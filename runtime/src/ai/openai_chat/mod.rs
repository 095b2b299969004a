//! `openai_chat`: OpenAI's chat completions, as chunks (`openai/openai-node`, `ChatCompletionChunk`) or, for a request
//! with `"stream": false`, as one document (`ChatCompletion`).

// The files:
//
// - `mod`: what both share
// - `chunks`: the stream
// - `document`: one document
// - `calls`: the places of the tool calls

mod calls;
mod chunks;
mod document;

use std::sync::Arc;

use axum::http::{StatusCode, request::Parts};
use serde_json::{Value, json};

use self::{chunks::Chunks, document::Document};
use super::{
    answer::Answer,
    asked::{Asked, new_id, unix_seconds},
    packet::{FinishReason, Usage},
    protocol::{is_cancelled, text_of},
};
use crate::format::{Format, problem::Problem};

/// The object of a stream's chunks.
const CHUNK: &str = "chat.completion.chunk";

pub(super) fn writer(request: &Parts) -> Box<dyn Format> {
    let asked = Asked::of(request);
    let completion = Completion::new(asked.clone());
    if asked.whole {
        Answer::boxed(Document::new(completion), asked)
    } else {
        Answer::boxed(Chunks::new(completion), asked)
    }
}

/// The members that every chunk of a completion, or its document, begins with.
#[derive(Debug)]
struct Completion {
    asked: Arc<Asked>,
    id: String,
    created: u64,
}

impl Completion {
    fn new(asked: Arc<Asked>) -> Self {
        let id = asked.message_id.clone().unwrap_or_else(|| new_id("chatcmpl-"));
        Self { asked, id, created: unix_seconds() }
    }

    fn model(&self) -> &str {
        self.asked.model.as_deref().unwrap_or_default()
    }
}

const fn reason(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::ToolCalls => "tool_calls",
    }
}

/// Tokens as OpenAI's `CompletionUsage`.
fn usage_of(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total(),
        "prompt_tokens_details": { "cached_tokens": usage.cached_tokens },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning_tokens },
    })
}

/// The failure as OpenAI's error object.
pub(super) fn error_of(problem: &Problem) -> Value {
    json!({
        "message": text_of(problem),
        "type": if is_cancelled(problem) { "cancelled" } else { kind_of(problem.status()) },
        "param": null,
        "code": problem.status().as_str(),
    })
}

/// The failure as the answer to a request that gets no completion.
pub(super) fn error_document(problem: &Problem) -> String {
    json!({ "error": error_of(problem) }).to_string()
}

/// The types of OpenAI's errors.
fn kind_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_client_error() => "invalid_request_error",
        _ => "server_error",
    }
}
