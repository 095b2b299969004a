//! The forms of a document that today's tools take.

use serde_json::{Map, Value, json};

/// OpenAPI 3.1: a `schema` of one item in place of `itemSchema`.
pub(super) fn v3_1(document: &mut Value) {
    document["openapi"] = "3.1.1".into();
    each_operation(document, |operation| {
        let packet = operation.get("x-outflow").map(packet);
        each_media_type(operation, |name, media_type| {
            let Some(item) = media_type.as_object_mut().and_then(|media_type| media_type.remove("itemSchema")) else {
                return;
            };
            let sse = name.starts_with("text/event-stream");
            media_type["schema"] = packet.clone().filter(|_| sse).unwrap_or(item);
        });
    });
}

/// The schema of any packet.
fn packet(extension: &Value) -> Value {
    match extension.get("events").and_then(Value::as_object) {
        Some(events) => json!({ "oneOf": events.values().collect::<Vec<_>>() }),
        None => extension["packet"].clone(),
    }
}

/// `data` as the value itself.
pub(super) fn data_objects(document: &mut Value) {
    if let Some(data) = document.pointer_mut("/components/schemas/OutflowEvent/properties/data") {
        *data = json!({});
    }
    each_operation(document, |operation| {
        each_media_type(operation, |_, media_type| {
            let branches = media_type.pointer_mut("/itemSchema/oneOf").and_then(Value::as_array_mut);
            for branch in branches.into_iter().flatten() {
                if let Some(data) = branch.pointer_mut("/properties/data") {
                    if let Some(schema) = data.as_object_mut().and_then(|data| data.remove("contentSchema")) {
                        *data = schema;
                    }
                }
            }
        });
    });
}

fn each_operation(document: &mut Value, mut visit: impl FnMut(&mut Value)) {
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for item in items {
        item.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(&mut visit);
    }
}

fn each_media_type(operation: &mut Value, mut visit: impl FnMut(&str, &mut Value)) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(Map::values_mut) {
        let content = response.get_mut("content").and_then(Value::as_object_mut);
        for (name, media_type) in content.into_iter().flatten() {
            visit(name, media_type);
        }
    }
}
