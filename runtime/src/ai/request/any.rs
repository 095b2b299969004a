//! A request of any of these clients.

use axum::extract::{FromRequest, Request};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{
    body::Body, chat_completion::ChatCompletionRequest, message::Message, run_agent_input::RunAgentInput,
    ui_messages::UiMessages,
};
use crate::format::problem::Problem;

/// A request of any of these clients, told apart by its members: messages with `parts` are the AI SDK's; otherwise `threadId` or
/// `runId` make it one of AG-UI, and `model` one of OpenAI's chat completions; anything else is taken for the AI SDK's. With it one action answers all of them, each in its
/// protocol, whatever `Accept` it sends:
///
/// ```
/// use outflow::{action, ai::ChatRequest, controller};
///
/// struct Chat;
///
/// #[controller]
/// impl Chat {
///     #[action(post, formats(ai_sdk, ag_ui, openai_chat, sse))]
///     async fn answer(&self, chat: ChatRequest) {
///         self.stream("You said: ");
///         self.stream(chat.prompt());
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ChatRequest {
    /// Of the AI SDK.
    AiSdk(UiMessages),
    /// Of AG-UI.
    AgUi(RunAgentInput),
    /// Of OpenAI's chat completions.
    OpenAiChat(ChatCompletionRequest),
}

/// The members by which a request is known.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marks {
    #[serde(default)]
    thread_id: Option<Value>,
    #[serde(default)]
    run_id: Option<Value>,
    #[serde(default)]
    model: Option<Value>,
    #[serde(default)]
    messages: Vec<MessageMarks>,
}

#[derive(Deserialize)]
struct MessageMarks {
    #[serde(default)]
    parts: Option<IgnoredAny>,
}

impl ChatRequest {
    /// The text of the last message of the person.
    #[must_use]
    pub fn prompt(&self) -> String {
        match self {
            Self::AiSdk(request) => request.prompt(),
            Self::AgUi(request) => request.prompt(),
            Self::OpenAiChat(request) => request.prompt(),
        }
    }

    /// The messages, as author and text.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        match self {
            Self::AiSdk(request) => request.messages(),
            Self::AgUi(request) => request.messages(),
            Self::OpenAiChat(request) => request.messages(),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for ChatRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Body::of(request, state).await?;
        let marks: Marks = serde_json::from_slice(&body.bytes).unwrap_or_default();
        let has_parts = marks.messages.iter().any(|message| message.parts.is_some());
        if !has_parts && (marks.thread_id.is_some() || marks.run_id.is_some()) {
            let request: RunAgentInput = body.read()?;
            body.asked("ag_ui", request.asked());
            return Ok(Self::AgUi(request));
        }
        if !has_parts && marks.model.is_some() {
            let request = ChatCompletionRequest::read(&body)?;
            return Ok(Self::OpenAiChat(request));
        }
        let request: UiMessages = body.read()?;
        body.asked("ai_sdk", request.asked());
        Ok(Self::AiSdk(request))
    }
}
