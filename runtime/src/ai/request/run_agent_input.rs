//! The request of AG-UI's clients.

use axum::extract::{FromRequest, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    approval::ApprovalResponse,
    asking::{Asking, extract},
    conversation::{self, Said},
    message::{CalledTool, Message, Role, text_of},
};
use crate::ai::asked::Asked;
use crate::format::problem::Problem;

/// The request of AG-UI's `HttpAgent` and of CopilotKit (`@ag-ui/core` 1.0, `RunAgentInput`).
///
/// It is an extractor, and the action's last argument. A body that is something else is refused with 422 and the name of
/// the field. The answer bears the ids of its thread and its run.
///
/// ```
/// use outflow::{action, ai::RunAgentInput, controller};
///
/// struct Agent;
///
/// #[controller]
/// impl Agent {
///     #[action(post, formats(ag_ui))]
///     async fn run(&self, input: RunAgentInput) {
///         self.stream(format!("You have {} tools.", input.tools.len()));
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(description = "The request of AG-UI's HttpAgent and of CopilotKit.")
)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RunAgentInput {
    /// The conversation.
    pub thread_id: String,
    /// This run.
    pub run_id: String,
    /// The run that this one goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_run_id: Option<String>,
    /// The state that page and agent share.
    #[serde(default)]
    pub state: Value,
    /// The messages, oldest first.
    pub messages: Vec<AgUiMessage>,
    /// The tools of the page.
    #[serde(default)]
    pub tools: Vec<AgUiTool>,
    /// What the page tells about itself.
    #[serde(default)]
    pub context: Vec<AgUiContext>,
    /// What the page adds.
    #[serde(default)]
    pub forwarded_props: Value,
    /// The answers to interrupts of an earlier run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resume: Vec<Value>,
    /// All other members.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A message of AG-UI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgUiMessage {
    /// Its id.
    pub id: String,
    /// Its author.
    pub role: Role,
    /// Its content: text, or a list of parts.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub content: Value,
    /// The tool calls of an assistant's message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<CalledTool>,
    /// The call that a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// All other members.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl AgUiMessage {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.content)
    }
}

/// A tool that the page offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AgUiTool {
    /// Its name.
    pub name: String,
    /// Its purpose, for the model.
    pub description: String,
    /// The JSON Schema of its input.
    #[serde(default)]
    pub parameters: Value,
}

/// Something that the page tells about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AgUiContext {
    /// Its description, for the model.
    pub description: String,
    /// Its value.
    pub value: String,
}

impl RunAgentInput {
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

    /// The answers to the approval requests of the run before: those of `resume` that are about a tool call of the
    /// messages. One that was cancelled is not approved.
    #[must_use]
    pub fn approvals(&self) -> Vec<ApprovalResponse> {
        self.resume.iter().filter_map(|answer| self.approval(answer)).collect()
    }

    fn approval(&self, answer: &Value) -> Option<ApprovalResponse> {
        let mut calls = self.messages.iter().rev().flat_map(|message| &message.tool_calls);
        let call = calls.find(|call| answer["interruptId"] == *call.id)?;
        let CalledTool { id, function, .. } = call;
        let input = serde_json::from_str(&function.arguments).unwrap_or_default();
        let response = ApprovalResponse::read(id, &function.name, input, &answer["payload"]);
        Some(ApprovalResponse { approved: response.approved && answer["status"] == "resolved", ..response })
    }
}

impl Said for AgUiMessage {
    fn role(&self) -> Role {
        self.role
    }

    fn text(&self) -> String {
        self.text()
    }
}

impl Asking for RunAgentInput {
    const FORMAT: &'static str = "ag_ui";

    fn asked(&self) -> Asked {
        let asked = Asked::new().thread_id(&self.thread_id).run_id(&self.run_id);
        let calls = self.messages.iter().flat_map(|message| &message.tool_calls);
        calls.fold(asked, |asked, call| asked.tool_call(&call.id))
    }
}

impl<S: Send + Sync> FromRequest<S> for RunAgentInput {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        extract(request, state).await
    }
}
