//! The events of an action with `event = tag`: one for each variant of its enum, found in the enum's schema.

use serde_json::{Map, Value, json};

/// The schema of each event's data, by the event's name. Each is the branch of its variant: the whole packet as it is
/// sent. An error says why the schema can't be split.
pub(super) fn split(schema: &Value) -> Result<Map<String, Value>, String> {
    let Some(branches) = branches(schema) else {
        return Err("its packets are no enum with named variants".to_owned());
    };
    let tag = common_tag(&branches);
    let mut events = Map::new();
    for branch in branches {
        let name = match &tag {
            Some(tag) => constant(&branch, tag),
            None => external(&branch),
        };
        let Some(name) = name.map(str::to_owned) else {
            return Err("a variant of its packets has no name".to_owned());
        };
        if events.insert(name.clone(), branch).is_some() {
            return Err(format!("two variants of its packets have the name `{name}`"));
        }
    }
    Ok(events)
}

/// The branches of an enum, one for each variant. schemars puts units together that have no comment.
fn branches(schema: &Value) -> Option<Vec<Value>> {
    let list = schema.get("oneOf").or_else(|| schema.get("anyOf"));
    let list = match list {
        Some(list) => list.as_array()?.clone(),
        None => vec![schema.get("enum").map(|_| schema.clone())?],
    };
    let mut branches = Vec::new();
    for branch in list {
        match branch.get("enum").and_then(Value::as_array) {
            Some(units) => branches.extend(units.iter().map(|unit| json!({ "type": "string", "const": unit }))),
            None => branches.push(branch),
        }
    }
    Some(branches)
}

/// The member that is the tag of an enum with internal or adjacent tags: a constant text in every branch.
fn common_tag(branches: &[Value]) -> Option<String> {
    let members = branches.first()?.get("properties")?.as_object()?;
    let mut tags = members.keys().filter(|member| branches.iter().all(|branch| constant(branch, member).is_some()));
    tags.next().filter(|_| tags.next().is_none()).cloned()
}

/// The constant text of a member.
fn constant<'b>(branch: &'b Value, member: &str) -> Option<&'b str> {
    let is_required = |name: &Value| name == member;
    branch.get("required")?.as_array()?.iter().find(|name| is_required(name))?;
    branch.get("properties")?.get(member)?.get("const")?.as_str()
}

/// The name of an externally tagged variant: a text for a unit, and otherwise the only member of an object.
fn external(branch: &Value) -> Option<&str> {
    if let Some(unit) = branch.get("const") {
        return unit.as_str();
    }
    let members = branch.get("properties")?.as_object()?;
    let is_closed = branch.get("additionalProperties") == Some(&Value::Bool(false));
    let is_required = |name: &String| branch.get("required").is_some_and(|names| *names == json!([name]));
    members.keys().next().filter(|name| members.len() == 1 && is_closed && is_required(name)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use schemars::{JsonSchema, schema_for};
    use serde::Serialize;

    use super::split;

    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "its schema is all that counts")]
    enum Step {
        Queued,
        Waiting,
        /// The only one with a comment.
        FirstRow,
        Row {
            id: u8,
        },
        Pair(u8, u8),
        Text(String),
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(tag = "type")]
    #[expect(dead_code, reason = "its schema is all that counts")]
    enum Single {
        Only { id: u8 },
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "its schema is all that counts")]
    enum Untagged {
        Text(String),
        Row { id: u8 },
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Plain {
        text: String,
    }

    fn names<T: JsonSchema>() -> Result<Vec<String>, String> {
        let mut names: Vec<_> = split(&schema_for!(T).to_value())?.into_iter().map(|(name, _)| name).collect();
        names.sort();
        Ok(names)
    }

    #[test]
    fn each_variant_is_an_event() {
        let expected = ["first_row", "pair", "queued", "row", "text", "waiting"].map(str::to_owned);
        assert_eq!(names::<Step>(), Ok(expected.into()));
        assert_eq!(names::<Single>(), Ok(vec!["Only".to_owned()]));
    }

    #[test]
    fn what_has_no_names_is_not_split() {
        assert!(names::<Untagged>().is_err());
        assert!(names::<Plain>().is_err());
        assert!(names::<Option<Step>>().is_err());
        assert!(names::<String>().is_err());
    }
}
