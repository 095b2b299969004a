//! The exact bytes of an answer in each format.

use axum::http::{HeaderMap, StatusCode};
use outflow::{
    Packet, action,
    ai::{Data, File, Finish, FinishReason, Reasoning, Source, Step, Text, ToolCall, ToolInput, ToolResult, Usage},
    controller,
    test::Client,
};
use serde_json::{Value, json};

use super::{FORMATS, asked, body, data};

struct Answers;

#[controller]
impl Answers {
    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn short(&self) -> Value {
        self.stream(Reasoning::new("Hm."));
        self.stream("Hel");
        self.stream(Packet::raw("lo\n\"you\""));
        self.stream(Text::new("!"));
        self.stream("");
        self.stream(Packet::json(&json!([1])).event("numbers"));
        self.stream(Usage::new(7, 2).cached(3).reasoning(1));
        json!({ "ok": true })
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn tools(&self) {
        self.stream(Step::named("one"));
        self.stream(ToolCall::new("a", "look"));
        self.stream(ToolInput::new("a", "{\"at\":"));
        self.stream(ToolInput::new("a", "1}"));
        self.stream(ToolCall::new("b", "look"));
        self.stream(ToolResult::new("a", json!({ "seen": 1 })));
        self.stream(ToolResult::failed("b", "dark"));
        self.stream(Step::new());
        self.stream(ToolCall::new("c", "ask").input(json!({ "q": "?" })));
    }

    #[action(post, formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"))]
    async fn rest(&self) {
        self.stream(Source::new("https://a.example"));
        self.stream(File::new("data:,x", "text/plain"));
        self.stream(Data::new("mood", 1).id("m"));
        self.stream(json!({ "any": "thing" }));
        self.stream(Finish::new(FinishReason::Length));
        self.stream(5);
    }
}

/// The body, with numbers that no test knows as 0.
async fn masked(path: &str, format: &str) -> String {
    let text = body(&Client::new(Answers), path, format).await;
    let mut parts = text.split("\"created\":");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "\"created\":0" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[tokio::test(start_paused = true)]
async fn text_in_the_words_of_the_ai_sdk() {
    let expected = r#"data: {"type":"start","messageId":"id"}

data: {"type":"reasoning-start","id":"part-0"}

data: {"type":"reasoning-delta","id":"part-0","delta":"Hm."}

data: {"type":"reasoning-end","id":"part-0"}

data: {"type":"text-start","id":"part-1"}

data: {"type":"text-delta","id":"part-1","delta":"Hel"}

data: {"type":"text-delta","id":"part-1","delta":"lo\n\"you\""}

data: {"type":"text-delta","id":"part-1","delta":"!"}

data: {"type":"text-end","id":"part-1"}

data: {"type":"data-numbers","data":[1]}

data: {"type":"finish","finishReason":"stop","messageMetadata":{"ok":true,"usage":{"cachedInputTokens":3,"inputTokens":7,"outputTokens":2,"reasoningTokens":1,"totalTokens":9}}}

data: [DONE]

"#;
    assert_eq!(masked("/answers/short", "ai_sdk").await, expected);
}

#[tokio::test(start_paused = true)]
async fn text_in_the_words_of_ag_ui() {
    let expected = r#"data: {"type":"RUN_STARTED","threadId":"thread","runId":"run"}

data: {"type":"REASONING_START","messageId":"id-0"}

data: {"type":"REASONING_MESSAGE_START","messageId":"id-0","role":"reasoning"}

data: {"type":"REASONING_MESSAGE_CONTENT","messageId":"id-0","delta":"Hm."}

data: {"type":"REASONING_MESSAGE_END","messageId":"id-0"}

data: {"type":"REASONING_END","messageId":"id-0"}

data: {"type":"TEXT_MESSAGE_START","messageId":"id","role":"assistant"}

data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"id","delta":"Hel"}

data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"id","delta":"lo\n\"you\""}

data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"id","delta":"!"}

data: {"type":"CUSTOM","name":"numbers","value":[1]}

data: {"type":"TEXT_MESSAGE_END","messageId":"id"}

data: {"type":"RUN_FINISHED","threadId":"thread","runId":"run","result":{"ok":true},"usage":[{"cachedInputTokens":3,"inputTokens":7,"model":"stand-in","outputTokens":2,"reasoningTokens":1,"totalTokens":9}]}

"#;
    assert_eq!(masked("/answers/short", "ag_ui").await, expected);
}

#[tokio::test(start_paused = true)]
async fn text_in_the_words_of_chat_completions() {
    let chunk = |rest: &str| {
        let head = r#"{"id":"id","object":"chat.completion.chunk","created":0,"model":"stand-in","choices":["#;
        format!("data: {head}{rest}}}\n\n")
    };
    let delta = |delta: &str| chunk(&format!(r#"{{"index":0,"delta":{{{delta}}},"finish_reason":null}}]"#));
    let expected = [
        delta(r#""role":"assistant","content":"""#),
        delta(r#""reasoning_content":"Hm.""#),
        delta(r#""content":"Hel""#),
        delta(r#""content":"lo\n\"you\"""#),
        delta(r#""content":"!""#),
        chunk(r#"],"data":{"name":"numbers","value":[1]}"#),
        chunk(r#"{"index":0,"delta":{},"finish_reason":"stop"}],"metadata":{"ok":true}"#),
        chunk(concat!(
            r#"],"usage":{"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":1},"#,
            r#""prompt_tokens":7,"prompt_tokens_details":{"cached_tokens":3},"total_tokens":9}"#,
        )),
        "data: [DONE]\n\n".to_owned(),
    ];
    assert_eq!(masked("/answers/short", "openai_chat").await, expected.concat());
}

#[tokio::test(start_paused = true)]
async fn text_in_the_words_of_anthropic() {
    let expected = r#"event: message_start
data: {"type":"message_start","message":{"content":[],"id":"id","model":"stand-in","role":"assistant","stop_reason":null,"stop_sequence":null,"type":"message","usage":{"cache_creation_input_tokens":null,"cache_read_input_tokens":0,"input_tokens":0,"output_tokens":0}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"signature":"","thinking":"","type":"thinking"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"text":"","type":"text"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hel"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"lo\n\"you\""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"!"}}

event: data
data: {"type":"data","name":"numbers","value":[1]}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"cache_creation_input_tokens":null,"cache_read_input_tokens":3,"input_tokens":4,"output_tokens":2},"metadata":{"ok":true}}

event: message_stop
data: {"type":"message_stop"}

"#;
    assert_eq!(masked("/answers/short", "anthropic").await, expected);
}

/// The types of a response's events, each with the text or the item that it is about.
#[tokio::test(start_paused = true)]
async fn text_in_the_words_of_responses() {
    let events = data(&masked("/answers/short", "openai_responses").await);
    let numbers: Vec<_> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, Vec::from_iter(0..events.len() as u64));
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.reasoning_text.delta",
            "response.reasoning_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.delta",
            "keepalive",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let response = &events.last().unwrap()["response"];
    let part = json!({ "type": "output_text", "text": "Hello\n\"you\"!", "annotations": [], "logprobs": [] });
    let message =
        json!({ "id": "id_1", "type": "message", "role": "assistant", "status": "completed", "content": [part] });
    assert_eq!(response["output"][1], message);
    assert_eq!((&response["metadata"], &response["usage"]["total_tokens"]), (&json!({ "ok": "true" }), &json!(9)));
}

#[tokio::test(start_paused = true)]
async fn tool_calls() {
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

    let expected = r#"data: {"type":"RUN_STARTED","threadId":"thread","runId":"run"}

data: {"type":"STEP_STARTED","stepName":"one"}

data: {"type":"TOOL_CALL_START","toolCallId":"a","toolCallName":"look","parentMessageId":"id-0"}

data: {"type":"TOOL_CALL_ARGS","toolCallId":"a","delta":"{\"at\":"}

data: {"type":"TOOL_CALL_ARGS","toolCallId":"a","delta":"1}"}

data: {"type":"TOOL_CALL_END","toolCallId":"a"}

data: {"type":"TOOL_CALL_START","toolCallId":"b","toolCallName":"look","parentMessageId":"id-0"}

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

#[tokio::test(start_paused = true)]
async fn sources_files_and_data() {
    let ours = |all: Vec<Value>| all[1..].to_vec();
    let kept = ours(data(&masked("/answers/rest", "ai_sdk").await));
    assert_eq!(
        kept,
        [
            json!({ "type": "source-url", "sourceId": "source-1", "url": "https://a.example" }),
            json!({ "type": "file", "url": "data:,x", "mediaType": "text/plain" }),
            json!({ "type": "data-mood", "id": "m", "data": 1 }),
            json!({ "type": "data-packet", "data": { "any": "thing" } }),
            json!({ "type": "data-packet", "data": 5 }),
            json!({ "type": "finish", "finishReason": "length" }),
            json!("[DONE]"),
        ]
    );
    let kept = ours(data(&masked("/answers/rest", "ag_ui").await));
    let custom = |name: &str, value: Value| json!({ "type": "CUSTOM", "name": name, "value": value });
    assert_eq!(
        kept[..5],
        [
            custom("source", json!({ "url": "https://a.example" })),
            custom("file", json!({ "url": "data:,x", "mediaType": "text/plain" })),
            custom("mood", json!(1)),
            custom("packet", json!({ "any": "thing" })),
            custom("packet", json!(5)),
        ]
    );
    for (format, reason) in [
        ("openai_chat", "\"finish_reason\":\"length\""),
        ("openai_responses", "\"reason\":\"max_output_tokens\""),
        ("anthropic", "\"stop_reason\":\"max_tokens\""),
    ] {
        let text = masked("/answers/rest", format).await;
        assert!(text.contains(reason), "{format}: {text}");
        for part in ["https://a.example", "data:,x", "\"mood\"", "\"any\":\"thing\""] {
            assert!(text.contains(part), "{format}: {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_head() {
    let client = Client::new(Answers);
    for format in FORMATS {
        let mut answer = client.post(&format!("/answers/short?format={format}")).extension(asked()).start();
        let head = answer.head().await;
        answer.wire().await;
        let header =
            |headers: &HeaderMap, name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(head.status(), StatusCode::OK);
        assert_eq!(header(head.headers(), "content-type").as_deref(), Some("text/event-stream"), "{format}");
        let version = header(head.headers(), "x-vercel-ai-ui-message-stream");
        assert_eq!(version.as_deref(), (format == "ai_sdk").then_some("v1"));
    }
}
