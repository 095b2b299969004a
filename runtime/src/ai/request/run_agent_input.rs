//! The request of AG-UI's clients.

use axum::extract::{FromRequest, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    body::Body,
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
#[non_exhaustive]
pub struct AgUiTool {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// The JSON Schema of its input.
    #[serde(default)]
    pub parameters: Value,
}

/// Something that the page tells about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgUiContext {
    /// What it is.
    pub description: String,
    /// Its value.
    pub value: String,
}

impl RunAgentInput {
    /// The text of the last message of the person.
    #[must_use]
    pub fn prompt(&self) -> String {
        let last = self.messages.iter().rev().find(|message| message.role == Role::User);
        last.map(AgUiMessage::text).unwrap_or_default()
    }

    /// The messages, as author and text.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.messages.iter().map(|message| Message { role: message.role, text: message.text() }).collect()
    }

    pub(super) fn read(body: &Body) -> Result<Self, Problem> {
        let request: Self = body.read()?;
        body.asked("ag_ui", request.asked());
        Ok(request)
    }

    fn asked(&self) -> Asked {
        let asked = Asked::new().thread_id(&self.thread_id).run_id(&self.run_id);
        let calls = self.messages.iter().flat_map(|message| &message.tool_calls);
        calls.fold(asked, |asked, call| asked.tool_call(&call.id))
    }
}

impl<S: Send + Sync> FromRequest<S> for RunAgentInput {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Self::read(&Body::of(request, state).await?)
    }
}
