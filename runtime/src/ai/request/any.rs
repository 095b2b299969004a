//! A request of any of these clients.

use axum::extract::{FromRequest, Request};
use serde_json::Value;

use super::{
    approval::ApprovalResponse, asking::Asking as _, body::Body, chat_completion::ChatCompletionRequest,
    message::Message, messages_request::MessagesRequest, responses_request::ResponsesRequest,
    run_agent_input::RunAgentInput, ui_messages::UiMessages,
};
use crate::format::problem::Problem;

/// A request of any of these clients, known by its members: messages with `parts` are the AI SDK's; `threadId` or `runId`
/// make it AG-UI's, `input` one for a response of OpenAI's, the header `anthropic-version` Anthropic's, and
/// `model` one for a chat completion. Anything else is taken for the AI SDK's. With it one action answers all of them,
/// each in its protocol, whatever `Accept` it sends:
///
/// ```
/// use outflow::{action, ai::ChatRequest, controller};
///
/// struct Chat;
///
/// #[controller]
/// impl Chat {
///     #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, sse))]
///     async fn answer(&self, chat: ChatRequest) {
///         self.stream("You said: ");
///         self.stream(chat.prompt());
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(description = "A request of any of these clients, known by its members.", untagged)
)]
#[non_exhaustive]
pub enum ChatRequest {
    /// A request of the AI SDK.
    AiSdk(UiMessages),
    /// A request of AG-UI.
    AgUi(RunAgentInput),
    /// A request of OpenAI's chat completions.
    OpenAiChat(ChatCompletionRequest),
    /// A request of OpenAI's Responses.
    OpenAiResponses(ResponsesRequest),
    /// A request of Anthropic's Messages.
    Anthropic(MessagesRequest),
}

impl ChatRequest {
    /// The text of the last message of the person.
    #[must_use]
    pub fn prompt(&self) -> String {
        match self {
            Self::AiSdk(request) => request.prompt(),
            Self::AgUi(request) => request.prompt(),
            Self::OpenAiChat(request) => request.prompt(),
            Self::OpenAiResponses(request) => request.prompt(),
            Self::Anthropic(request) => request.prompt(),
        }
    }

    /// The messages, as author and text.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        match self {
            Self::AiSdk(request) => request.messages(),
            Self::AgUi(request) => request.messages(),
            Self::OpenAiChat(request) => request.messages(),
            Self::OpenAiResponses(request) => request.messages(),
            Self::Anthropic(request) => request.messages(),
        }
    }

    /// The answers to the [`ApprovalRequest`](crate::ai::ApprovalRequest)s of the answer before: those of the AI SDK's
    /// last message, and of AG-UI's `resume`. The other protocols have none.
    ///
    /// ```
    /// use outflow::{action, ai::{ApprovalRequest, ChatRequest, ToolCall, ToolResult}, controller};
    /// use serde_json::json;
    ///
    /// struct Bank;
    ///
    /// #[controller]
    /// impl Bank {
    ///     #[action(post, formats(ai_sdk, ag_ui))]
    ///     async fn answer(&self, chat: ChatRequest) {
    ///         let approvals = chat.approvals();
    ///         if approvals.is_empty() {
    ///             self.stream(ToolCall::new("call-1", "pay").input(json!({ "euros": 5 })));
    ///             self.stream(ApprovalRequest::new("call-1"));
    ///         }
    ///         for approval in approvals {
    ///             self.stream(match approval.approved {
    ///                 true => ToolResult::new(approval.id, "paid"),
    ///                 false => ToolResult::denied(approval.id, "not approved"),
    ///             });
    ///         }
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn approvals(&self) -> Vec<ApprovalResponse> {
        match self {
            Self::AiSdk(request) => request.approvals(),
            Self::AgUi(request) => request.approvals(),
            Self::OpenAiChat(_) | Self::OpenAiResponses(_) | Self::Anthropic(_) => Vec::new(),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for ChatRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_anthropic = request.headers().contains_key("anthropic-version");
        let body = Body::of(request, state).await?;
        // A body that is not JSON has no members, and is refused below.
        let members: Value = serde_json::from_slice(&body.bytes).unwrap_or_default();
        let has = |key: &str| !members[key].is_null();
        let mut messages = members["messages"].as_array().into_iter().flatten();
        Ok(if messages.any(|message| !message["parts"].is_null()) {
            Self::AiSdk(UiMessages::read(&body)?)
        } else if has("threadId") || has("runId") {
            Self::AgUi(RunAgentInput::read(&body)?)
        } else if has("input") {
            Self::OpenAiResponses(ResponsesRequest::read(&body)?)
        } else if has("model") && is_anthropic {
            Self::Anthropic(MessagesRequest::read(&body)?)
        } else if has("model") {
            Self::OpenAiChat(ChatCompletionRequest::read(&body)?)
        } else {
            Self::AiSdk(UiMessages::read(&body)?)
        })
    }
}
