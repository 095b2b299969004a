//! The request of OpenAI's clients for a response.

use axum::extract::{FromRequest, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    body::Body,
    chat_completion::told,
    message::{Message, Role, text_of},
};
use crate::ai::asked::Asked;
use crate::format::problem::Problem;

/// The request of every client of OpenAI's Responses (`openai/openai-node`, `ResponseCreateParams`).
///
/// It is an extractor, and the action's last argument. A body that is something else is refused with 422 and the name of
/// the field. Without `"stream": true` the answer is one document.
///
/// ```
/// use outflow::{action, ai::ResponsesRequest, controller};
///
/// struct V1;
///
/// #[controller("/v1")]
/// impl V1 {
///     #[action(post, formats(openai_responses))]
///     async fn responses(&self, request: ResponsesRequest) {
///         self.stream("You said: ");
///         self.stream(request.prompt());
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResponsesRequest {
    /// The model that is to answer.
    pub model: String,
    /// The conversation.
    pub input: ResponsesInput,
    /// The instructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
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

/// The conversation of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a string, or a list of items")]
pub enum ResponsesInput {
    /// One message of the person.
    Text(String),
    /// Messages, tool calls and outputs of tools, oldest first.
    Items(Vec<Map<String, Value>>),
}

impl ResponsesRequest {
    /// The text of the last message of the person.
    #[must_use]
    pub fn prompt(&self) -> String {
        let last = self.messages().into_iter().rev().find(|message| message.role == Role::User);
        last.map(|message| message.text).unwrap_or_default()
    }

    /// The messages, as author and text. Items of other kinds are left out.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let items = match &self.input {
            ResponsesInput::Text(text) => return vec![Message { role: Role::User, text: text.clone() }],
            ResponsesInput::Items(items) => items,
        };
        let message = |item: &Map<String, Value>| {
            let role = serde_json::from_value(item.get("role")?.clone()).ok()?;
            Some(Message { role, text: item.get("content").map(text_of).unwrap_or_default() })
        };
        items.iter().filter_map(message).collect()
    }

    pub(super) fn read(body: &Body) -> Result<Self, Problem> {
        let request: Self = body.read().map_err(told)?;
        body.asked("openai_responses", request.asked());
        Ok(request)
    }

    fn asked(&self) -> Asked {
        let mut asked = Asked::new().model(&self.model);
        asked.whole = self.stream != Some(true);
        let ResponsesInput::Items(items) = &self.input else { return asked };
        let calls = items.iter().filter(|item| item.get("type").is_some_and(|kind| kind == "function_call"));
        calls.filter_map(|call| call.get("call_id")?.as_str()).fold(asked, Asked::tool_call)
    }
}

impl<S: Send + Sync> FromRequest<S> for ResponsesRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Self::read(&Body::of(request, state).await.map_err(told)?)
    }
}
