//! The tokens used.

use serde::{Deserialize, Serialize};

use super::mark;

/// The tokens that a call of the model used. Several add up. It is sent with the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Usage {
    ai: mark::Usage,
    /// The tokens of the request.
    pub input_tokens: u64,
    /// The tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// Those of the answer that are reasoning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
    /// Those of the request that were cached.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Usage {
    /// The tokens of the request and of the answer.
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self { input_tokens, output_tokens, ..Self::default() }
    }

    /// Sets how many tokens of the answer are reasoning.
    #[must_use]
    pub fn reasoning(self, tokens: u64) -> Self {
        Self { reasoning_tokens: tokens, ..self }
    }

    /// Sets how many tokens of the request were cached.
    #[must_use]
    pub fn cached(self, tokens: u64) -> Self {
        Self { cached_tokens: tokens, ..self }
    }

    /// The tokens of both together.
    pub(in crate::ai) fn total(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    pub(in crate::ai) fn add(&mut self, other: &Self) {
        let sum = |a: &mut u64, b: u64| *a = a.saturating_add(b);
        sum(&mut self.input_tokens, other.input_tokens);
        sum(&mut self.output_tokens, other.output_tokens);
        sum(&mut self.reasoning_tokens, other.reasoning_tokens);
        sum(&mut self.cached_tokens, other.cached_tokens);
    }
}
