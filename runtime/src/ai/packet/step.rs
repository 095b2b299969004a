//! The course of an answer: its steps, and the reason for its end.

use serde::{Deserialize, Serialize};

use super::mark;

/// The start of a step: one call of the model, with the tools that it led to. It ends where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Step {
    ai: mark::Step,
    /// The step's name, for the protocols that show one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Step {
    /// A step without a name.
    #[expect(clippy::new_without_default, reason = "a packet is made by `new`, like all others of this module")]
    pub fn new() -> Self {
        Self { ai: mark::Step::Mark, name: None }
    }

    /// A step with a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { ai: mark::Step::Mark, name: Some(name.into()) }
    }
}

/// The reason why the model stopped, which is sent with the end. By default it is [`Stop`](FinishReason::Stop), or
/// [`ToolCalls`](FinishReason::ToolCalls) if a tool call has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(description = "The reason why the model stopped, which is sent with the end.")
)]
pub struct Finish {
    ai: mark::Finish,
    /// The reason.
    pub reason: FinishReason,
}

impl Finish {
    /// Sets the reason.
    pub fn new(reason: FinishReason) -> Self {
        Self { ai: mark::Finish::Mark, reason }
    }
}

/// A reason to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The answer is complete.
    Stop,
    /// The answer reached the limit of tokens.
    Length,
    /// A filter held the rest of the answer back.
    ContentFilter,
    /// The client has tools to run.
    ToolCalls,
}
