//! The packets, the result and the failure of an action in each format that it offers.

use serde_json::{Map, Value, json};

use super::{
    describe::{Action, Stream, Writer},
    gap::Gap,
};
use crate::{
    format::{representation::Representation, sse},
    options::Options,
};

/// One entry for each format, by its media type.
pub(super) fn content(writer: &mut Writer, action: &Action, stream: &Stream) -> Value {
    let mut content = Map::new();
    for representation in action.options.formats.formats {
        let media = match representation.name {
            "sse" => events(action, stream),
            "ndjson" => json!({ "itemSchema": stream.packet }),
            "json" if is_array(representation) => json!({ "schema": { "type": "array", "items": stream.packet } }),
            "json" => json!({ "schema": envelope(stream) }),
            "csv" | "text" => json!({ "schema": { "type": "string" } }),
            "bytes" | "hazaar" => json!({}),
            // The specification of each describes its events.
            "ai_sdk" | "ag_ui" | "openai_chat" | "openai_responses" | "anthropic" => {
                json!({ "itemSchema": { "$ref": "#/components/schemas/OutflowEvent" } })
            }
            name => {
                let what = format!("the format `{name}` has no schema: add one to the document with `merge`");
                writer.gaps.push(Gap::new(what, action, action.place));
                json!({})
            }
        };
        content.entry(media_type(representation)).or_insert(media);
    }
    content.into()
}

/// The names of the events at an end, which no packet can have.
pub(super) fn ends(options: &Options) -> impl Iterator<Item = &'static str> {
    [sse::DONE, sse::ERROR].into_iter().chain(options.formats.end_event)
}

/// The media type without a charset that goes without saying.
fn media_type(representation: &Representation) -> String {
    let text = representation.content_type;
    match text.split_once(';') {
        Some((essence, rest)) if rest.trim().eq_ignore_ascii_case("charset=utf-8") => essence.trim().to_owned(),
        _ => text.to_owned(),
    }
}

/// Whether this is `json(array)`, which has no envelope.
fn is_array(representation: &Representation) -> bool {
    let (parts, ()) = axum::http::Request::new(()).into_parts();
    let mut out = Vec::new();
    let mut format = (representation.writer)(&parts);
    format.begin(&mut out);
    format.done(None, &mut out);
    out.starts_with(b"[")
}

/// `{"items":[…],"result":…}`, or `{"items":[…],"error":{…}}`.
fn envelope(stream: &Stream) -> Value {
    let items = json!({ "type": "array", "items": stream.packet });
    let success = match &stream.result {
        Some(result) => json!({
            "type": "object", "required": ["items", "result"],
            "properties": { "items": items, "result": result }, "additionalProperties": false,
        }),
        None => json!({
            "type": "object", "required": ["items"],
            "properties": { "items": items }, "additionalProperties": false,
        }),
    };
    let failure = json!({
        "type": "object", "required": ["items", "error"],
        "properties": { "items": items, "error": { "$ref": "#/components/schemas/Problem" } },
        "additionalProperties": false,
    });
    json!({ "oneOf": [success, failure] })
}

/// Server-sent events: a branch for each kind, of which an event matches exactly one.
fn events(action: &Action, stream: &Stream) -> Value {
    let end_event = action.options.formats.end_event;
    let ends: Vec<_> = ends(action.options).collect();
    let mut branches: Vec<_> = match &stream.events {
        Some(events) => events.iter().map(|(name, schema)| named(name, data(schema))).collect(),
        None => vec![json!({ "properties": { "event": { "not": { "enum": ends } }, "data": data(&stream.packet) } })],
    };
    branches.push(named(sse::DONE, stream.result.as_ref().map_or_else(|| json!({ "const": "" }), data)));
    branches.push(named(sse::ERROR, data(&json!({ "$ref": "#/components/schemas/Problem" }))));
    branches.extend(end_event.map(|event| named(event, json!({}))));
    let mut event = json!({ "allOf": [{ "$ref": "#/components/schemas/OutflowEvent" }], "oneOf": branches });
    if action.options.resumable.is_some() {
        event["properties"] = json!({ "id": { "description": "Its number in the run.", "pattern": "^[0-9]+$" } });
    }
    let last = end_event.map_or_else(|| vec![sse::DONE, sse::ERROR], |event| vec![event]);
    json!({ "itemSchema": event, "x-outflow": { "end": last } })
}

fn named(event: &str, data: Value) -> Value {
    json!({ "required": ["event"], "properties": { "event": { "const": event }, "data": data } })
}

/// JSON in the data of an event, which stays a string. A packet that may be anything may be text too.
fn data(schema: &Value) -> Value {
    match schema.as_object().is_some_and(Map::is_empty) {
        true => json!({}),
        false => json!({ "contentMediaType": "application/json", "contentSchema": schema }),
    }
}
