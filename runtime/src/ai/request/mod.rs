//! Requests of AI front ends: extractors of their bodies, which tell the format who has asked.

// The files:
//
// - `body`: JSON bodies, and what is wrong with one
// - `message`: what all protocols' messages have in common
// - one for each protocol, and `any` for all of them

pub(super) mod any;
pub(super) mod body;
pub(super) mod chat_completion;
pub(super) mod message;
pub(super) mod messages_request;
pub(super) mod responses_request;
pub(super) mod run_agent_input;
pub(super) mod ui_messages;
