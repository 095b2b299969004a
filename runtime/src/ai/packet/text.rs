//! Text: of the answer, and of the model's reasoning.

use serde::{Deserialize, Serialize};

use super::mark;

/// A delta of the answer's text. In the formats of this room a plain string means the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Text {
    ai: mark::Text,
    /// The next characters.
    pub delta: String,
}

impl Text {
    /// The next characters of the answer.
    pub fn new(delta: impl Into<String>) -> Self {
        Self { ai: mark::Text::Mark, delta: delta.into() }
    }
}

/// A delta of the model's reasoning, which pages show apart from the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Reasoning {
    ai: mark::Reasoning,
    /// The next characters.
    pub delta: String,
}

impl Reasoning {
    /// The next characters of the reasoning.
    pub fn new(delta: impl Into<String>) -> Self {
        Self { ai: mark::Reasoning::Mark, delta: delta.into() }
    }
}
