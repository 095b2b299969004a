#![doc = include_str!("../docs/ai.md")]

// The files:
//
// - `packet`: the packets of an answer
// - `request`: the requests
// - `asked`: what a request tells the format of its answer
// - `answer`: the state of an answer, which all protocols share
// - `protocol`: the words that it asks a protocol for
// - `wire`: events as bytes
// - `document`: what the answers that are one document share
// - `ai_sdk`, `ag_ui`, `openai_chat`, `openai_responses`, `anthropic`: the words of each protocol
//
// The formats are written against `outflow::format::Format` alone, as a format of a user's own is.

mod ag_ui;
mod ai_sdk;
mod answer;
mod anthropic;
mod asked;
mod document;
mod openai_chat;
mod openai_responses;
mod packet;
mod protocol;
mod request;
mod wire;

use self::{ag_ui::AgUi, ai_sdk::AiSdk, answer::Answer, anthropic::Anthropic, openai_responses::Responses};
pub use self::{
    asked::Asked,
    packet::{
        ApprovalRequest, Data, File, Finish, FinishReason, Part, Reasoning, Source, Step, Text, ToolCall, ToolInput,
        ToolResult, Usage,
    },
    request::{
        any::ChatRequest,
        approval::ApprovalResponse,
        chat_completion::{ChatCompletionRequest, ChatMessage, StreamOptions},
        message::{CalledFunction, CalledTool, Message, Role},
        messages_request::{AnthropicMessage, MessagesRequest},
        responses_request::{ResponsesInput, ResponsesRequest},
        run_agent_input::{AgUiContext, AgUiMessage, AgUiTool, RunAgentInput},
        ui_messages::{UiMessage, UiMessages, UiPart},
    },
};
use crate::format::representation::Representation;

/// `ai_sdk`: the UI message stream of the AI SDK, version 1, which `useChat` reads.
pub const AI_SDK: Representation = Representation {
    name: "ai_sdk",
    content_type: "text/event-stream",
    media_types: &["text/event-stream", "text/event-stream;profile=ai-sdk"],
    resumes_midway: false,
    after_body: true,
    writer: |request| Answer::writer(request, |asked| AiSdk::new(asked)),
};

/// `ag_ui`: AG-UI 1.0, over server-sent events.
pub const AG_UI: Representation = Representation {
    name: "ag_ui",
    content_type: "text/event-stream",
    media_types: &["text/event-stream", "text/event-stream;profile=ag-ui"],
    resumes_midway: false,
    after_body: true,
    writer: |request| Answer::writer(request, AgUi::new),
};

/// `openai_chat`: OpenAI's chat completions, as chunks, or as one document for a request with `"stream": false`. OpenAI's
/// clients ask for JSON in either case.
pub const OPENAI_CHAT: Representation = Representation {
    name: "openai_chat",
    content_type: "text/event-stream",
    media_types: &["application/json", "text/event-stream", "text/event-stream;profile=openai-chat"],
    resumes_midway: false,
    after_body: true,
    writer: openai_chat::writer,
};

/// `openai_responses`: OpenAI's Responses, as events, or as one document for a request without `"stream": true`.
pub const OPENAI_RESPONSES: Representation = Representation {
    name: "openai_responses",
    content_type: "text/event-stream",
    media_types: &["application/json", "text/event-stream", "text/event-stream;profile=openai-responses"],
    resumes_midway: false,
    after_body: true,
    writer: |request| Answer::writer(request, Responses::new),
};

/// `anthropic`: Anthropic's Messages, as events, or as one document for a request without `"stream": true`.
pub const ANTHROPIC: Representation = Representation {
    name: "anthropic",
    content_type: "text/event-stream",
    media_types: &["application/json", "text/event-stream", "text/event-stream;profile=anthropic"],
    resumes_midway: false,
    after_body: true,
    writer: |request| Answer::writer(request, Anthropic::new),
};
