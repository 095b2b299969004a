//! Anthropic: `MessageStream` of `@anthropic-ai/sdk`, and the order that its documentation gives.

use serde_json::Value;

use super::{Broken, rule, text};

pub(super) fn check(events: &[Value]) -> Result<(), Broken> {
    let [first, middle @ .., end] = events else { return Err("too short".into()) };
    rule(first["type"] == "message_start", || format!("no start: {first}"))?;
    let (mut blocks, mut open, mut has_delta) = (0, None, false);
    for event in middle {
        rule(!has_delta, || format!("after the delta of the message: {event}"))?;
        match text(event, "type")? {
            "ping" | "data" => {}
            "content_block_start" => {
                rule(open.is_none() && event["index"] == blocks, || format!("not the next block: {event}"))?;
                open = Some(event["index"].clone());
                blocks += 1;
            }
            "content_block_delta" => rule(open.as_ref() == Some(&event["index"]), || format!("not open: {event}"))?,
            "content_block_stop" => {
                rule(open.take().as_ref() == Some(&event["index"]), || format!("not open: {event}"))?;
            }
            "message_delta" => {
                text(&event["delta"], "stop_reason")?;
                has_delta = true;
            }
            _ => return Err(format!("no event: {event}")),
        }
    }
    rule(open.is_none(), || format!("a block is open at the end: {open:?}"))?;
    match text(end, "type")? {
        "error" => text(&end["error"], "type").map(drop),
        "message_stop" if has_delta => Ok(()),
        _ => Err(format!("no end: {end}")),
    }
}
