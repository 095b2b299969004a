//! Two documents as one.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::document::Document;

/// The reason why two documents can't be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeError(String);

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MergeError {}

impl Document {
    /// Adds another document: one of this kind, of `utoipa`, or any value that serialises to one. The paths, the tags and
    /// the components of both are there; of everything else that both say, this one's counts. A document of OpenAPI 3.1
    /// takes another one in the form that [`v3_1`](Self::v3_1) gives.
    ///
    /// ```
    /// # use outflow::{action, controller};
    /// # struct Chat;
    /// # #[controller]
    /// # impl Chat {
    /// #     #[action(item = u8)]
    /// #     async fn answer(&self) { self.stream(1) }
    /// # }
    /// use serde_json::json;
    ///
    /// let login = json!({ "paths": { "/login": { "post": { "responses": { "204": { "description": "Done." } } } } } });
    /// let document = Chat.openapi().merge(login)?;
    /// assert!(document["paths"].get("/login").is_some());
    /// # Ok::<(), outflow::openapi::MergeError>(())
    /// ```
    ///
    /// # Errors
    /// If the other one is no object, or if both say something different under one key. The error names the key.
    pub fn merge(mut self, other: impl Serialize) -> Result<Self, MergeError> {
        let other = serde_json::to_value(other)
            .map_err(|error| MergeError(format!("the other document can't be written as JSON: {error}")))?;
        let Value::Object(other) = other else {
            return Err(MergeError("the other document is no JSON object".to_owned()));
        };
        let Value::Object(own) = &mut self.json else { return Ok(self) };
        for (key, value) in other {
            match &*key {
                "paths" | "webhooks" => join(own, &key, value, 2, &key)?,
                "components" => join(own, &key, value, 2, &key)?,
                "tags" => tags(own, value),
                _ => {
                    own.entry(key).or_insert(value);
                }
            }
        }
        Ok(self)
    }
}

/// Joins two objects under a key, and `depth` levels of objects below it.
fn join(own: &mut Map<String, Value>, key: &str, other: Value, depth: usize, path: &str) -> Result<(), MergeError> {
    let Some(known) = own.get_mut(key) else {
        own.insert(key.to_owned(), other);
        return Ok(());
    };
    if *known == other {
        return Ok(());
    }
    match (known, other, depth) {
        (Value::Object(known), Value::Object(other), 1..) => other.into_iter().try_for_each(|(key, value)| {
            let path = format!("{path}.{key}");
            join(known, &key, value, depth - 1, &path)
        }),
        _ => Err(MergeError(format!("both documents have `{path}`, and they differ: rename one of them"))),
    }
}

/// Adds the tags that are not there yet.
fn tags(own: &mut Map<String, Value>, other: Value) {
    let Value::Array(other) = other else { return };
    let Value::Array(known) = own.entry("tags").or_insert_with(|| Value::Array(Vec::new())) else { return };
    for tag in other {
        if !known.iter().any(|known| known["name"] == tag["name"]) {
            known.push(tag);
        }
    }
}
