//! The responses of an action that streams: one media type for each format.

use serde_json::{Map, Value, json};

use super::description::own;
use crate::{format::Representation, options::Options};

/// The packets of an action.
#[derive(Debug)]
pub(super) enum Packets {
    /// Packets of one type; `None` is a type that is not known.
    Typed(Option<Value>),
    /// One schema for each event's name.
    Events(Map<String, Value>),
}

impl Packets {
    pub(super) fn of(schema: Option<Value>) -> Self {
        Self::Typed(schema)
    }

    /// The schema of any packet.
    fn any(&self) -> Value {
        match self {
            Self::Typed(schema) => schema.clone().unwrap_or_else(|| json!({})),
            Self::Events(events) => json!({ "oneOf": events.values().collect::<Vec<_>>() }),
        }
    }
}

pub(super) struct Stream {
    pub(super) packets: Packets,
    /// `None` for an action that returns `()`.
    pub(super) result: Option<Value>,
    pub(super) options: &'static Options,
    /// Whether its `json` is an array.
    pub(super) array: bool,
}

impl Stream {
    /// `x-outflow`: the packets, the ends and the formats, each where no other format hides it.
    pub(super) fn extension(&self) -> Value {
        let formats = self.options.formats.formats.iter();
        let formats: Vec<_> =
            formats.map(|format| json!({ "name": format.name, "contentType": format.content_type })).collect();
        let mut extension = json!({ "failure": own("Problem"), "formats": formats });
        match &self.packets {
            Packets::Typed(schema) => extension["packet"] = schema.clone().unwrap_or_else(|| json!({})),
            Packets::Events(events) => extension["events"] = events.clone().into(),
        }
        if let Some(result) = &self.result {
            extension["result"] = result.clone();
        }
        if let Some(query) = self.options.formats.query {
            extension["formatQuery"] = query.into();
        }
        extension
    }

    pub(super) fn responses(&self) -> Value {
        let mut content = Map::new();
        for format in self.options.formats.formats {
            let key = match format.content_type.split_once(';') {
                Some((essence, parameter)) if parameter.trim().eq_ignore_ascii_case("charset=utf-8") => essence,
                _ => format.content_type,
            };
            content.entry(key.trim()).or_insert_with(|| self.media_type(format));
        }
        json!({
            "200": { "description": "The packets, and the end.", "content": content },
            "406": {
                "description": "No format of this action is acceptable.",
                "content": { "application/problem+json": { "schema": own("Problem") } },
            },
            "default": problem_response(),
        })
    }

    /// What a format writes. Only sequential media types have items (OpenAPI 3.2.0, Media Type Object).
    fn media_type(&self, format: &Representation) -> Value {
        let essence = format.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match (format.name, &*essence) {
            ("sse", "text/event-stream") => self.sse(),
            (_, "text/event-stream") => json!({ "itemSchema": own("OutflowEvent") }),
            (_, "application/x-ndjson" | "application/jsonl" | "application/json-seq") => {
                json!({ "itemSchema": self.packets.any() })
            }
            ("json", "application/json") => json!({ "schema": self.json() }),
            (_, essence) if essence.starts_with("text/") => json!({ "schema": { "type": "string" } }),
            _ => json!({}),
        }
    }

    /// One branch for the packets (or for each of their names), and one for each end.
    fn sse(&self) -> Value {
        let end_event = self.options.formats.end_event;
        let mut ends = vec!["done", "error"];
        ends.extend(end_event);
        let data = |schema: &Value| json!({ "contentMediaType": "application/json", "contentSchema": schema });
        let named = |name: &str, data: Value| json!({ "required": ["event"], "properties": { "event": { "const": name }, "data": data } });
        let mut branches: Vec<Value> = match &self.packets {
            Packets::Typed(schema) => {
                let mut branch = json!({ "properties": { "event": { "not": { "enum": ends } } } });
                if let Some(schema) = schema {
                    branch["properties"]["data"] = data(schema);
                }
                vec![branch]
            }
            Packets::Events(events) => events.iter().map(|(name, schema)| named(name, data(schema))).collect(),
        };
        branches.push(match &self.result {
            Some(result) => named("done", data(result)),
            None => named("done", json!({ "const": "" })),
        });
        branches.push(named("error", data(&own("Problem"))));
        branches.extend(end_event.map(|event| named(event, json!({ "const": "" }))));
        // The reference is in an `allOf`, because some validators take no references in the keywords beside one.
        let mut item = json!({ "allOf": [own("OutflowEvent")], "oneOf": branches });
        if self.options.resumable.is_some() {
            item["properties"] = json!({ "id": { "pattern": "^[0-9]+$" } });
        }
        json!({ "itemSchema": item, "x-outflow": { "end": ends } })
    }

    fn json(&self) -> Value {
        let items = json!({ "type": "array", "items": self.packets.any() });
        if self.array {
            return items;
        }
        let mut done = json!({
            "type": "object", "required": ["items"], "properties": { "items": items }, "additionalProperties": false,
        });
        if let Some(result) = &self.result {
            done["required"] = json!(["items", "result"]);
            done["properties"]["result"] = result.clone();
        }
        let failed = json!({
            "type": "object", "required": ["items", "error"],
            "properties": { "items": items, "error": own("Problem") }, "additionalProperties": false,
        });
        json!({ "oneOf": [done, failed] })
    }
}

/// The answer to a request that fails before the first packet.
pub(super) fn problem_response() -> Value {
    json!({
        "description": "A failure before the first packet.",
        "content": { "application/problem+json": { "schema": own("Problem") } },
    })
}

/// The schemas of Outflow itself.
pub(super) fn own_schemas() -> Map<String, Value> {
    let event = json!({
        "description": "A server-sent event, parsed (WHATWG HTML, section 9.2.6).",
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": { "type": "string" },
            "event": { "type": "string" },
            "id": { "type": "string" },
            "retry": { "type": "integer", "minimum": 0 },
        },
    });
    let problem = json!({
        "description": "A problem document (RFC 9457).",
        "type": "object",
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 100, "maximum": 599 },
            "detail": { "type": "string" },
            "instance": { "type": "string", "format": "uri-reference" },
        },
        "additionalProperties": true,
    });
    Map::from_iter([("OutflowEvent".to_owned(), event), ("Problem".to_owned(), problem)])
}
