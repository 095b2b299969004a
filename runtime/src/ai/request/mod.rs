//! Requests of AI front ends: extractors of their bodies, which tell the format who has asked.

// The files:
//
// - `asking`: the extraction that all of them share
// - `body`: JSON bodies, and what is wrong with one
// - `message`: what all protocols' messages have in common
// - `conversation`: the messages of a request, whatever their shape
// - one for each protocol, and `any` for all of them

pub(super) mod any;
mod asking;
mod body;
pub(super) mod chat_completion;
mod conversation;
pub(super) mod message;
pub(super) mod messages_request;
pub(super) mod responses_request;
pub(super) mod run_agent_input;
pub(super) mod ui_messages;
