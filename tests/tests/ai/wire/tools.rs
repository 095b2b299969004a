//! Tool calls and their results.

use serde_json::json;

use super::masked;
use crate::ai::data;

#[tokio::test(start_paused = true)]
async fn tool_calls_in_the_words_of_the_ai_sdk() {
    let expected = r#"data: {"type":"start","messageId":"id"}

data: {"type":"start-step"}

data: {"type":"tool-input-start","toolCallId":"a","toolName":"look"}

data: {"type":"tool-input-delta","toolCallId":"a","inputTextDelta":"{\"at\":"}

data: {"type":"tool-input-delta","toolCallId":"a","inputTextDelta":"1}"}

data: {"type":"tool-input-available","toolCallId":"a","toolName":"look","input":{"at":1}}

data: {"type":"tool-input-start","toolCallId":"b","toolName":"look"}

data: {"type":"tool-input-available","toolCallId":"b","toolName":"look","input":{}}

data: {"type":"tool-output-available","toolCallId":"a","output":{"seen":1}}

data: {"type":"tool-output-error","toolCallId":"b","errorText":"dark"}

data: {"type":"finish-step"}

data: {"type":"start-step"}

data: {"type":"tool-input-available","toolCallId":"c","toolName":"ask","input":{"q":"?"}}

data: {"type":"finish-step"}

data: {"type":"finish","finishReason":"tool-calls"}

data: [DONE]

"#;
    assert_eq!(masked("/answers/tools", "ai_sdk").await, expected);
}

#[tokio::test(start_paused = true)]
async fn tool_calls_in_the_words_of_ag_ui() {
    let expected = r#"data: {"type":"RUN_STARTED","threadId":"thread","runId":"run"}

data: {"type":"STEP_STARTED","stepName":"one"}

data: {"type":"TOOL_CALL_START","toolCallId":"a","toolCallName":"look","parentMessageId":"id-0"}

data: {"type":"TOOL_CALL_ARGS","toolCallId":"a","delta":"{\"at\":"}

data: {"type":"TOOL_CALL_ARGS","toolCallId":"a","delta":"1}"}

data: {"type":"TOOL_CALL_END","toolCallId":"a"}

data: {"type":"TOOL_CALL_START","toolCallId":"b","toolCallName":"look","parentMessageId":"id-0"}

data: {"type":"TOOL_CALL_ARGS","toolCallId":"b","delta":"{}"}

data: {"type":"TOOL_CALL_END","toolCallId":"b"}

data: {"type":"TOOL_CALL_RESULT","messageId":"id-result-1","toolCallId":"a","content":"{\"seen\":1}","role":"tool"}

data: {"type":"TOOL_CALL_RESULT","messageId":"id-result-2","toolCallId":"b","content":"dark","role":"tool"}

data: {"type":"STEP_FINISHED","stepName":"one"}

data: {"type":"STEP_STARTED","stepName":"step 2"}

data: {"type":"TOOL_CALL_START","toolCallId":"c","toolCallName":"ask","parentMessageId":"id-2"}

data: {"type":"TOOL_CALL_ARGS","toolCallId":"c","delta":"{\"q\":\"?\"}"}

data: {"type":"TOOL_CALL_END","toolCallId":"c"}

data: {"type":"STEP_FINISHED","stepName":"step 2"}

data: {"type":"RUN_FINISHED","threadId":"thread","runId":"run"}

"#;
    assert_eq!(masked("/answers/tools", "ag_ui").await, expected);
}

#[tokio::test(start_paused = true)]
async fn tool_calls_in_the_words_of_chat_completions() {
    let chunks = data(&masked("/answers/tools", "openai_chat").await);
    let calls: Vec<_> = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"].get("tool_calls")).collect();
    let opened = |index: u8, id: &str, name: &str, arguments: &str| json!([{ "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": arguments } }]);
    let more = |index: u8, arguments: &str| json!([{ "index": index, "function": { "arguments": arguments } }]);
    assert_eq!(
        calls,
        [
            &opened(0, "a", "look", ""),
            &more(0, "{\"at\":"),
            &more(0, "1}"),
            &opened(1, "b", "look", ""),
            &more(1, "{}"),
            &opened(2, "c", "ask", "{\"q\":\"?\"}"),
        ]
    );
    let end = &chunks[chunks.len() - 2];
    assert_eq!(end["choices"][0]["finish_reason"], "tool_calls");
}
