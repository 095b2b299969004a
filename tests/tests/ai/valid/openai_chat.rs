//! OpenAI's chat completions: `ChatCompletionStream` of `openai`.

use std::collections::HashMap;

use serde_json::Value;

use super::{Broken, rule, text};

pub(super) fn check(chunks: &[Value]) -> Result<(), Broken> {
    let [first, rest @ .., last] = chunks else { return Err("too short".into()) };
    rule(first["choices"][0]["delta"]["role"] == "assistant", || format!("no role: {first}"))?;
    let (mut calls, mut has_finished) = (HashMap::new(), false);
    for chunk in rest {
        rule(chunk["object"] == "chat.completion.chunk", || format!("no chunk: {chunk}"))?;
        let choices = chunk["choices"].as_array().ok_or_else(|| format!("no choices: {chunk}"))?;
        for choice in choices {
            has_finished |= choice["finish_reason"].is_string();
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let index = call["index"].as_u64().ok_or_else(|| format!("no index: {chunk}"))?;
                match call["id"].as_str() {
                    Some(id) => rule(calls.insert(index, id).is_none(), || format!("an index twice: {chunk}"))?,
                    None => rule(calls.contains_key(&index), || format!("no such call: {chunk}"))?,
                }
            }
        }
    }
    if last["error"].is_object() {
        return text(&last["error"], "type").map(drop);
    }
    rule(last == "[DONE]" && has_finished, || format!("no end: {last}"))
}
