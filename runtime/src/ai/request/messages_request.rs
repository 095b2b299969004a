//! The request of Anthropic's clients.

use axum::extract::{FromRequest, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    body::Body,
    message::{Message, Role, text_of},
};
use crate::ai::{anthropic::error_of, asked::Asked};
use crate::format::problem::Problem;

/// The request of every client of Anthropic's Messages (`anthropics/anthropic-sdk-typescript`, `MessageCreateParams`).
///
/// It is an extractor, and the action's last argument. A body that is something else is refused with 422 and the name of
/// the field. Without `"stream": true` the answer is one document.
///
/// ```
/// use outflow::{action, ai::MessagesRequest, controller};
///
/// struct V1;
///
/// #[controller("/v1")]
/// impl V1 {
///     #[action(post, formats(anthropic))]
///     async fn messages(&self, request: MessagesRequest) {
///         self.stream("You said: ");
///         self.stream(request.prompt());
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessagesRequest {
    /// The model that is to answer.
    pub model: String,
    /// The messages, oldest first.
    pub messages: Vec<AnthropicMessage>,
    /// The most tokens of the answer.
    pub max_tokens: u64,
    /// The instructions: text, or a list of parts.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub system: Value,
    /// Whether the answer is a stream.
    #[serde(default)]
    pub stream: Option<bool>,
    /// The tools of the client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Value>,
    /// All other members, such as `temperature`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A message of Anthropic's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnthropicMessage {
    /// Its author.
    pub role: Role,
    /// Its content: text, or a list of blocks.
    pub content: Value,
}

impl AnthropicMessage {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.content)
    }
}

impl MessagesRequest {
    /// The text of the last message of the person.
    #[must_use]
    pub fn prompt(&self) -> String {
        let last = self.messages.iter().rev().find(|message| message.role == Role::User);
        last.map(AnthropicMessage::text).unwrap_or_default()
    }

    /// The messages, as author and text.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.messages.iter().map(|message| Message { role: message.role, text: message.text() }).collect()
    }

    pub(super) fn read(body: &Body) -> Result<Self, Problem> {
        let request: Self = body.read().map_err(told)?;
        body.asked("anthropic", request.asked());
        Ok(request)
    }

    fn asked(&self) -> Asked {
        let mut asked = Asked::new().model(&self.model);
        asked.whole = self.stream != Some(true);
        let blocks = self.messages.iter().filter_map(|message| message.content.as_array()).flatten();
        let calls = blocks.filter(|block| block["type"] == "tool_use").filter_map(|block| block["id"].as_str());
        calls.fold(asked, Asked::tool_call)
    }
}

impl<S: Send + Sync> FromRequest<S> for MessagesRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Self::read(&Body::of(request, state).await.map_err(told)?)
    }
}

/// The problem, with a member that Anthropic's clients read.
fn told(problem: Problem) -> Problem {
    let error = error_of(&problem);
    problem.with("error", error)
}
