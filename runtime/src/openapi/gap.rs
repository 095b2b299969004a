//! Something that a document can't describe.

use std::fmt;

/// Something that a document describes as "anything", because a type does not say more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What is missing, and what to do.
    pub what: String,
    /// The action, as in `Chat::answer`.
    pub action: String,
    /// The file of the type, or of the action.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, action, file, line } = self;
        write!(f, "{file}:{line}: `{action}`: {what}")
    }
}
