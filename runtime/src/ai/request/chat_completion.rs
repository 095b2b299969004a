//! The request of OpenAI's clients for a chat completion.

use axum::extract::{FromRequest, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    body::Body,
    message::{CalledTool, Message, Role, text_of},
};
use crate::ai::{asked::Asked, openai_chat::error_of};
use crate::format::problem::Problem;

/// The request of every client of OpenAI's chat completions (`openai/openai-node`, `ChatCompletionCreateParams`).
///
/// It is an extractor, and the action's last argument. A body that is something else is refused with 422 and the name of
/// the field, in a problem document that is an error of OpenAI's too. Without `"stream": true` the answer is one
/// document, and its head waits for it.
///
/// ```
/// use outflow::{action, ai::ChatCompletionRequest, controller};
///
/// struct V1;
///
/// #[controller("/v1")]
/// impl V1 {
///     #[action(post, path = "/chat/completions", formats(openai_chat))]
///     async fn complete(&self, request: ChatCompletionRequest) {
///         self.stream("You said: ");
///         self.stream(request.prompt());
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatCompletionRequest {
    /// The model that is to answer.
    pub model: String,
    /// The messages, oldest first.
    pub messages: Vec<ChatMessage>,
    /// Whether the answer is a stream.
    #[serde(default)]
    pub stream: Option<bool>,
    /// How the stream is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// The tools of the client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Value>,
    /// All other members, such as `temperature`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How a stream of chunks is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamOptions {
    /// Whether a last chunk tells the tokens used.
    #[serde(default)]
    pub include_usage: Option<bool>,
}

/// A message of a chat completion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatMessage {
    /// Its author.
    pub role: Role,
    /// Its content: text, or a list of parts.
    #[serde(default)]
    pub content: Value,
    /// The tool calls of an assistant's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<CalledTool>>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// All other members.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl ChatMessage {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.content)
    }
}

impl ChatCompletionRequest {
    /// The text of the last message of the person.
    #[must_use]
    pub fn prompt(&self) -> String {
        let last = self.messages.iter().rev().find(|message| message.role == Role::User);
        last.map(ChatMessage::text).unwrap_or_default()
    }

    /// The messages, as author and text.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.messages.iter().map(|message| Message { role: message.role, text: message.text() }).collect()
    }

    pub(super) fn read(body: &Body) -> Result<Self, Problem> {
        let request: Self = body.read().map_err(told)?;
        body.asked("openai_chat", request.asked());
        Ok(request)
    }

    fn asked(&self) -> Asked {
        let mut asked = Asked::new().model(&self.model);
        asked.whole = self.stream != Some(true);
        let usage = self.stream_options.as_ref().and_then(|options| options.include_usage);
        asked.usage = Some(usage.unwrap_or(false));
        let calls = self.messages.iter().filter_map(|message| message.tool_calls.as_ref()).flatten();
        calls.fold(asked, |asked, call| asked.tool_call(&call.id))
    }
}

impl<S: Send + Sync> FromRequest<S> for ChatCompletionRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Body::of(request, state).await.map_err(told)?;
        Self::read(&body)
    }
}

/// The problem, with a member that OpenAI's clients read.
pub(super) fn told(problem: Problem) -> Problem {
    let error = error_of(&problem);
    problem.with("error", error)
}
