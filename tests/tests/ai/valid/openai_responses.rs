//! OpenAI's Responses: `accumulateResponse` of `openai`.

use serde_json::Value;

use super::{Broken, rule, text};

pub(super) fn check(events: &[Value]) -> Result<(), Broken> {
    let [first, middle @ .., end] = events else { return Err("too short".into()) };
    rule(first["type"] == "response.created", || format!("not created: {first}"))?;
    for (at, event) in events.iter().enumerate() {
        rule(event["sequence_number"] == at, || format!("not number {at}: {event}"))?;
    }
    // For each item the parts of its content and of its summary, or `None` once it is done.
    let mut items: Vec<Option<[u64; 2]>> = Vec::new();
    for event in middle {
        let kind = text(event, "type")?;
        if kind == "response.output_item.added" {
            rule(event["output_index"] == items.len(), || format!("not the next item: {event}"))?;
            items.push(Some([0, 0]));
            continue;
        }
        let Some(index) = event.get("output_index") else { continue };
        let at = index.as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX);
        let item = items.get_mut(at).ok_or_else(|| format!("no such item: {event}"))?;
        let parts = item.as_mut().ok_or_else(|| format!("the item is done: {event}"))?;
        for (count, key, adds) in [
            (0, "content_index", "response.content_part.added"),
            (1, "summary_index", "response.reasoning_summary_part.added"),
        ] {
            parts[count] += u64::from(kind == adds);
            let Some(index) = event.get(key).and_then(Value::as_u64) else { continue };
            rule(index < parts[count], || format!("no such part: {event}"))?;
        }
        if kind == "response.output_item.done" {
            *item = None;
        }
    }
    rule(items.iter().all(Option::is_none), || format!("open at the end: {items:?}"))?;
    let ends = ["response.completed", "response.incomplete", "response.failed"];
    rule(ends.iter().any(|kind| end["type"] == *kind), || format!("no end: {end}"))?;
    let output = end["response"]["output"].as_array().map(Vec::len);
    rule(output == Some(items.len()), || format!("another output: {end}"))
}
