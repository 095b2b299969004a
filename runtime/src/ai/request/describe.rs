//! The requests as OpenAPI describes them.

use super::{
    any::ChatRequest, chat_completion::ChatCompletionRequest, messages_request::MessagesRequest,
    responses_request::ResponsesRequest, run_agent_input::RunAgentInput, ui_messages::UiMessages,
};
use crate::openapi::argument::{DescribeArgument, RequestWriter};

macro_rules! bodies {
    ($($request:ty),*) => {$(
        impl DescribeArgument for $request {
            fn describe(request: &mut RequestWriter<'_>) {
                request.body::<Self>("application/json");
            }
        }
    )*};
}

bodies!(ChatRequest, UiMessages, RunAgentInput, ChatCompletionRequest, ResponsesRequest, MessagesRequest);
