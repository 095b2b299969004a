//! The request of the AI SDK's chat transports.

use axum::extract::{FromRequest, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    approval::ApprovalResponse,
    asking::{Asking, extract},
    conversation::{self, Said},
    message::{Message, Role},
};
use crate::ai::asked::Asked;
use crate::format::problem::Problem;

/// The request of `useChat`: the messages of the chat, as the AI SDK's `DefaultChatTransport` sends them
/// (`vercel/ai`, `packages/ai/src/ui/http-chat-transport.ts` and `ui-messages.ts`).
///
/// It is an extractor, and the action's last argument. A body that is something else is refused with 422 and the name of
/// the field. If the last message is the assistant's, the answer continues it: it bears its id, and may hold the results of
/// its tool calls.
///
/// ```
/// use outflow::{action, ai::UiMessages, controller};
///
/// struct Chat;
///
/// #[controller]
/// impl Chat {
///     #[action(post, formats(ai_sdk))]
///     async fn answer(&self, chat: UiMessages) {
///         self.stream("You said: ");
///         self.stream(chat.prompt());
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(description = "The request of useChat."))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UiMessages {
    /// The id of the chat.
    #[serde(default)]
    pub id: Option<String>,
    /// The messages, oldest first.
    pub messages: Vec<UiMessage>,
    /// `submit-message` or `regenerate-message`.
    #[serde(default)]
    pub trigger: Option<String>,
    /// The message that is to be replaced, if any.
    #[serde(default)]
    pub message_id: Option<String>,
    /// What the page adds by the transport's `body`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A message of the AI SDK.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UiMessage {
    /// Its id.
    pub id: String,
    /// Its author.
    pub role: Role,
    /// Its parts.
    pub parts: Vec<UiPart>,
    /// What the application has attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// A part of a message: text, reasoning, a file, a tool call, data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UiPart {
    /// Its type, such as `text`, `file`, `tool-weather` or `data-mood`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text, if it is text or reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its tool call, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// All other members.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl UiMessage {
    /// The text of all its parts of the type `text`.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().filter(|part| part.kind == "text").filter_map(|part| part.text.as_deref()).collect()
    }
}

impl UiPart {
    /// The answer to its approval request, if it is a tool call that has one and no result.
    fn approval(&self) -> Option<ApprovalResponse> {
        let text = |key: &str| self.rest.get(key).and_then(Value::as_str);
        let approval = self.rest.get("approval").filter(|_| text("state") == Some("approval-responded"))?;
        let tool = self.kind.strip_prefix("tool-").or_else(|| text("toolName"))?;
        let input = self.rest.get("input").cloned().unwrap_or_default();
        Some(ApprovalResponse::read(self.tool_call_id.as_ref()?, tool, input, approval))
    }
}

impl UiMessages {
    /// The text of the last message of the person.
    #[must_use]
    pub fn prompt(&self) -> String {
        conversation::prompt(&self.messages)
    }

    /// The messages, as author and text.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        conversation::messages(&self.messages)
    }

    /// The answers to the approval requests of the answer before.
    #[must_use]
    pub fn approvals(&self) -> Vec<ApprovalResponse> {
        let parts = self.continued().into_iter().flat_map(|message| &message.parts);
        parts.filter_map(UiPart::approval).collect()
    }

    /// The message that the answer continues. A page begins a new one unless the last is the assistant's.
    fn continued(&self) -> Option<&UiMessage> {
        self.messages.last().filter(|last| last.role == Role::Assistant)
    }
}

impl Said for UiMessage {
    fn role(&self) -> Role {
        self.role
    }

    fn text(&self) -> String {
        self.text()
    }
}

impl Asking for UiMessages {
    const FORMAT: &'static str = "ai_sdk";

    fn asked(&self) -> Asked {
        let mut asked = Asked::new();
        if let Some(message) = self.continued() {
            asked.message_id = Some(message.id.clone());
            for part in &message.parts {
                asked.calls.extend(part.tool_call_id.clone());
                let approval = part.rest.get("approval").and_then(|approval| approval["id"].as_str());
                asked.approvals.extend(approval.map(str::to_owned));
            }
        }
        asked
    }
}

impl<S: Send + Sync> FromRequest<S> for UiMessages {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        extract(request, state).await
    }
}
