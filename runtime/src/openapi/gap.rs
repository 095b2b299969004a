//! Something that a document can't describe.

use std::fmt;

use super::describe::{Action, Place};

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

impl Gap {
    /// Something that is missing in an action, at a place of its own.
    pub(super) fn new(what: String, action: &Action, (file, line): Place) -> Self {
        let (controller, name) = action.name;
        Self { what, action: format!("{controller}::{name}"), file, line }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, action, file, line } = self;
        write!(f, "{file}:{line}: `{action}`: {what}")
    }
}
