//! Text and reasoning.

use serde_json::json;

use super::masked;
use crate::ai::data;

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
