//! A part of an action that its types do not describe.

use std::fmt;

/// A part of an action that its types do not describe. The document has an open schema in its place.
///
/// It is printed as `src/chat.rs:12: answer: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub(super) what: String,
    pub(super) action: String,
    pub(super) file: String,
    pub(super) line: u32,
}

impl Gap {
    /// The missing part, and what to do about it.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The action: its controller and its method, as in `Chat::answer`.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The source file, as the compiler names it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line in that file, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, action, file, line } = self;
        write!(f, "{file}:{line}: {action}: {what}")
    }
}
