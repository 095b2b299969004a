//! The forms that today's tools take.

use serde_json::{Map, Value, json};

use super::document::Document;

/// The `data` of a server-sent event in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// A string with a `contentSchema`, as the specification has it: the default.
    Text,
    /// The value that the string holds, as ASP.NET and Speakeasy have it.
    Object,
}

impl Document {
    /// The document as OpenAPI 3.1, which has no word for sequences: the `schema` of `sse` and `ndjson` is that of one
    /// packet, as the generators of clients want it. The ends stand in `x-outflow` alone.
    #[must_use]
    pub fn v3_1(mut self) -> Self {
        self.json["openapi"] = "3.1.1".into();
        each_operation(&mut self.json, &mut |operation| {
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                if parameter["in"] == "querystring" {
                    let schema = parameter.pointer("/content/application~1x-www-form-urlencoded/schema").cloned();
                    *parameter = json!({
                        "name": "query", "in": "query", "style": "form", "explode": true,
                        "schema": schema.unwrap_or_default(),
                    });
                }
            }
            for response in responses(operation) {
                let content = response.get_mut("content").and_then(Value::as_object_mut);
                let item = content.as_ref().and_then(|content| item_of(content));
                for media in content.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
                    if media.remove("itemSchema").is_some() {
                        media.insert("schema".to_owned(), item.clone().unwrap_or_else(|| json!({})));
                    }
                }
            }
        });
        self
    }

    /// Sets how the `data` of server-sent events is described.
    #[must_use]
    pub fn sse(mut self, data: Data) -> Self {
        if data == Data::Text {
            return self;
        }
        each_operation(&mut self.json, &mut |operation| {
            for response in responses(operation) {
                let branches = response.pointer_mut("/content/text~1event-stream/itemSchema/oneOf");
                for branch in branches.and_then(Value::as_array_mut).into_iter().flatten() {
                    let Some(data) = branch.pointer_mut("/properties/data") else { continue };
                    if let Some(schema) = data.get("contentSchema") {
                        *data = schema.clone();
                    }
                }
            }
        });
        if let Some(data) = self.json.pointer_mut("/components/schemas/OutflowEvent/properties/data") {
            *data = json!({});
        }
        self
    }
}

/// The schema of one packet, from the sequences of a response.
fn item_of(content: &Map<String, Value>) -> Option<Value> {
    let lines = content.get("application/x-ndjson").and_then(|media| media.get("itemSchema"));
    lines.cloned().or_else(|| {
        let branches = content.get("text/event-stream")?.pointer("/itemSchema/oneOf")?.as_array()?;
        let is_end = |branch: &&Value| {
            ["done", "error"]
                .iter()
                .any(|end| branch.pointer("/properties/event/const").is_some_and(|name| name == end))
        };
        let packets = branches.iter().filter(|branch| !is_end(branch));
        let mut schemas: Vec<_> =
            packets.filter_map(|branch| branch.pointer("/properties/data/contentSchema")).cloned().collect();
        match schemas.len() {
            0 | 1 => schemas.pop(),
            _ => Some(json!({ "anyOf": schemas })),
        }
    })
}

fn responses(operation: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
}

fn each_operation(document: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        if let Some(operation) = operation.as_object_mut() {
            change(operation);
        }
    }
}
