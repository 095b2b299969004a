//! What the person has answered to an approval request.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The answer to an [`ApprovalRequest`](crate::ai::ApprovalRequest) of the answer before, with the call that it is about.
///
/// All of it is what the client sends: check again that this person may do what the call would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApprovalResponse {
    /// The call's id.
    pub id: String,
    /// The tool's name.
    pub tool: String,
    /// The call's input.
    pub input: Value,
    /// Whether the tool may run.
    pub approved: bool,
    /// What the person says about it.
    pub reason: Option<String>,
}

impl ApprovalResponse {
    /// The answer of a person, as pages write it: `{"approved": true, "reason": "…"}`.
    pub(super) fn read(id: &str, tool: &str, input: Value, answer: &Value) -> Self {
        Self {
            id: id.to_owned(),
            tool: tool.to_owned(),
            input,
            approved: answer["approved"] == true,
            reason: answer["reason"].as_str().map(str::to_owned),
        }
    }
}
