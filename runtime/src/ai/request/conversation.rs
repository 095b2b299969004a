//! The conversation of a request: its messages, whatever their shape, as author and text.

use super::message::{Message, Role};

/// A message in the shape of its protocol.
pub(super) trait Said {
    fn role(&self) -> Role;

    fn text(&self) -> String;
}

impl Said for Message {
    fn role(&self) -> Role {
        self.role
    }

    fn text(&self) -> String {
        self.text.clone()
    }
}

/// The text of the last message of the person.
pub(super) fn prompt(messages: &[impl Said]) -> String {
    messages.iter().rfind(|message| message.role() == Role::User).map(Said::text).unwrap_or_default()
}

/// The messages, as author and text.
pub(super) fn messages(messages: &[impl Said]) -> Vec<Message> {
    messages.iter().map(|message| Message { role: message.role(), text: message.text() }).collect()
}
