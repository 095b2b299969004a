//! The protocols of AI front ends: one action answers them all.

mod ai_sdk;
mod answer;
mod asked;
mod packet;
mod wire;

use self::{ai_sdk::AiSdk, answer::Answer};
pub use self::{
    asked::Asked,
    packet::{
        Data, File, Finish, FinishReason, Part, Reasoning, Source, Step, Text, ToolCall, ToolInput, ToolResult, Usage,
    },
};
use crate::format::Representation;

/// `ai_sdk`: the UI message stream of the AI SDK, version 1, which `useChat` reads.
pub const AI_SDK: Representation = Representation {
    name: "ai_sdk",
    content_type: "text/event-stream",
    media_types: &["text/event-stream", "text/event-stream;profile=ai-sdk"],
    resumes_midway: false,
    after_body: true,
    writer: |request| Answer::writer(request, |asked| AiSdk::new(asked)),
};
