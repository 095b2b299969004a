//! Tools: a call, its input, its result, and what the person is asked about it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mark;

/// A tool call: with its whole input, or with an input that follows in [`ToolInput`]s.
///
/// ```
/// # use outflow::{action, ai::{ToolCall, ToolInput, ToolResult}, controller};
/// # use serde_json::json;
/// # struct Weather;
/// # #[controller]
/// # impl Weather {
/// #   #[action(formats(ai_sdk))]
/// #   async fn ask(&self) {
/// self.stream(ToolCall::new("call-1", "weather"));
/// self.stream(ToolInput::new("call-1", r#"{"city":"#));
/// self.stream(ToolInput::new("call-1", r#""Oslo"}"#));
/// self.stream(ToolResult::new("call-1", json!({ "sky": "rain" })));   // this closes the input
///
/// self.stream(ToolCall::new("call-2", "weather").input(json!({ "city": "Rome" })));
/// #   }
/// # }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(description = "A tool call, with its whole input, or with one that follows.")
)]
pub struct ToolCall {
    ai: mark::ToolCall,
    /// The call's id, unique in the conversation.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The input, if it is there at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
}

impl ToolCall {
    /// A call whose input follows.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { ai: mark::ToolCall::Mark, id: id.into(), name: name.into(), input: None }
    }

    /// Gives the call its whole input.
    #[must_use]
    pub fn input(self, input: impl Into<Value>) -> Self {
        Self { input: Some(input.into()), ..self }
    }
}

/// A delta of a tool call's input: the next characters of its JSON. The input ends where the next part begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ToolInput {
    ai: mark::ToolInput,
    /// The call's id.
    pub id: String,
    /// The next characters of the JSON.
    pub delta: String,
}

impl ToolInput {
    /// The next characters of the input of this call.
    pub fn new(id: impl Into<String>, delta: impl Into<String>) -> Self {
        Self { ai: mark::ToolInput::Mark, id: id.into(), delta: delta.into() }
    }
}

/// The output of a tool, or the text of its failure. The call comes before it, in this stream or in the request's
/// messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ToolResult {
    ai: mark::ToolResult,
    /// The call's id.
    pub id: String,
    /// The output; `null` if the tool failed.
    pub output: Value,
    /// The reason of the failure, for the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the tool did not run because the person did not approve.
    #[serde(default, skip_serializing_if = "is_false")]
    pub denied: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl ToolResult {
    /// The output of this call.
    pub fn new(id: impl Into<String>, output: impl Into<Value>) -> Self {
        Self { ai: mark::ToolResult::Mark, id: id.into(), output: output.into(), error: None, denied: false }
    }

    /// The failure of this call.
    pub fn failed(id: impl Into<String>, error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::new(id, Value::Null) }
    }

    /// The end of a call that the person did not approve, and why, for the protocols that have no word of their own.
    pub fn denied(id: impl Into<String>, why: impl Into<String>) -> Self {
        Self { denied: true, ..Self::failed(id, why) }
    }

    /// The output as text, for the protocols that carry no other.
    pub(in crate::ai) fn text(&self) -> String {
        match (&self.error, &self.output) {
            (Some(error), _) => error.clone(),
            (None, Value::String(text)) => text.clone(),
            (None, output) => output.to_string(),
        }
    }
}

/// A question to the person who chats: may the tool of this call run? The action ends after it, and the answer comes with
/// the next request, in [`ChatRequest::approvals`](crate::ai::ChatRequest::approvals).
///
/// ```
/// # use outflow::{action, ai::{ApprovalRequest, ToolCall}, controller};
/// # use serde_json::json;
/// # struct Bank;
/// # #[controller]
/// # impl Bank {
/// #   #[action(formats(ai_sdk, ag_ui))]
/// #   async fn pay(&self) {
/// self.stream(ToolCall::new("call-1", "pay").input(json!({ "euros": 5 })));
/// self.stream(ApprovalRequest::new("call-1").reason("This can't be undone."));
/// #   }
/// # }
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(description = "A question to the person who chats: may the tool of this call run?")
)]
pub struct ApprovalRequest {
    ai: mark::ApprovalRequest,
    /// The call's id, which is the id of the approval too.
    pub id: String,
    /// Why the person is asked, for the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ApprovalRequest {
    /// Asks whether this call may run.
    pub fn new(id: impl Into<String>) -> Self {
        Self { ai: mark::ApprovalRequest::Mark, id: id.into(), reason: None }
    }

    /// Says why the person is asked.
    #[must_use]
    pub fn reason(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }
}
