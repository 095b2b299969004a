//! Comments for declarations and members.

use serde_json::Value;

/// Formats whose numbers do not fit the numbers of JavaScript.
const LARGE: [&str; 6] = ["int64", "uint64", "int128", "uint128", "int", "uint"];

/// What a schema says to people.
pub(super) fn of(schema: &Value) -> Vec<String> {
    let get = |keyword| schema.get(keyword).and_then(Value::as_str);
    let mut lines: Vec<String> = get("description").map(|text| text.trim().to_owned()).into_iter().collect();
    if loses_digits(schema) {
        lines.push("A number beyond ±2^53 loses digits in JavaScript.".to_owned());
    }
    if let (Some("string"), Some(format)) = (get("type"), get("format")) {
        lines.push(format!("@format {format}"));
    }
    if let Some(default) = schema.get("default") {
        lines.push(format!("@default {default}"));
    }
    if schema.get("deprecated") == Some(&Value::Bool(true)) {
        lines.push("@deprecated".to_owned());
    }
    lines
}

/// Whether the schema itself, or one within that has no comment of its own, is of a number that may be too large.
fn loses_digits(schema: &Value) -> bool {
    if schema.get("format").and_then(Value::as_str).is_some_and(|format| LARGE.contains(&format)) {
        return true;
    }
    let one = ["items", "additionalProperties"].iter().filter_map(|keyword| schema.get(*keyword));
    let several = ["prefixItems", "anyOf", "oneOf", "allOf"].iter().filter_map(|keyword| schema.get(*keyword));
    let patterns = schema.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(|map| map.values());
    one.chain(patterns).any(loses_digits) || several.filter_map(Value::as_array).flatten().any(loses_digits)
}
