//! Requests of AI front ends: extractors of their bodies, which tell the format who has asked.

// The files:
//
// - `asking`: the extraction that all of them share
// - `body`: JSON bodies, and what is wrong with one
// - `message`: what all protocols' messages have in common
// - `conversation`: the messages of a request, whatever their shape
// - `approval`: what the person has answered to an approval request
// - `describe`: the requests as OpenAPI describes them
// - one for each protocol, and `any` for all of them

pub(super) mod any;
pub(super) mod approval;
mod asking;
mod body;
pub(super) mod chat_completion;
mod conversation;
#[cfg(feature = "openapi")]
mod describe;
pub(super) mod message;
pub(super) mod messages_request;
pub(super) mod responses_request;
pub(super) mod run_agent_input;
pub(super) mod ui_messages;
