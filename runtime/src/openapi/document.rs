//! The document: OpenAPI 3.2.0, and what users join to it.

use std::{any::Any, fmt, ops::Deref};

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{dialect, gap::Gap};

/// A description of controllers, in OpenAPI 3.2.0.
///
/// It derefs to a [`serde_json::Value`], serializes as one, and is printed as JSON. The same controllers always give the
/// same bytes.
#[derive(Clone, Debug)]
#[must_use]
pub struct Document {
    value: Value,
    gaps: Vec<Gap>,
}

/// The form of `data` in the events of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Data {
    /// A string that holds JSON, as the specification has it. The default.
    #[default]
    String,
    /// The JSON value itself, as some generators of clients want it.
    Object,
}

impl Document {
    pub(super) fn new(value: Value, gaps: Vec<Gap>) -> Self {
        Self { value, gaps }
    }

    /// The parts that are described openly, because their types say nothing about them. A test that demands none:
    ///
    /// ```
    /// # use outflow::{action, controller};
    /// # struct Clock;
    /// #[controller]
    /// impl Clock {
    ///     #[action(item = u64)]
    ///     async fn ticks(&self) {
    ///         self.stream(1_u64);
    ///     }
    /// }
    ///
    /// assert_eq!(Clock.openapi().gaps(), []);
    /// ```
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The title and the version of the API. By default they are `API` and `0.0.0`.
    pub fn info(mut self, title: impl Into<String>, version: impl Into<String>) -> Self {
        self.value["info"]["title"] = title.into().into();
        self.value["info"]["version"] = version.into().into();
        self
    }

    /// A server, by its URL. Without one, it is `/`: the server that the document comes from.
    pub fn server(mut self, url: impl Into<String>) -> Self {
        let server = json!({ "url": url.into() });
        match self.value["servers"].as_array_mut() {
            Some(servers) if *servers != [json!({ "url": "/" })] => servers.push(server),
            _ => self.value["servers"] = json!([server]),
        }
        self
    }

    /// A scheme by which clients authenticate themselves, named `name`, that every action requires. `scheme` is a Security
    /// Scheme Object, such as `json!({ "type": "http", "scheme": "bearer" })`. Of several schemes, one is enough.
    ///
    /// # Panics
    /// If `scheme` can't be written as JSON.
    pub fn security(mut self, name: &str, scheme: impl Serialize) -> Self {
        let scheme = serde_json::to_value(scheme).expect("a security scheme is JSON");
        self.value["components"]["securitySchemes"][name] = scheme;
        match self.value["security"].as_array_mut() {
            Some(security) => security.push(json!({ name: [] })),
            None => self.value["security"] = json!([{ name: [] }]),
        }
        self
    }

    /// All paths under a prefix, for controllers whose router is nested there.
    pub fn under(mut self, prefix: &str) -> Self {
        let prefix = prefix.trim_end_matches('/');
        let Some(paths) = self.value["paths"].as_object_mut() else { return self };
        *paths = std::mem::take(paths).into_iter().map(|(path, item)| (format!("{prefix}{path}"), item)).collect();
        for item in paths.values_mut() {
            for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
                if let Some(run) = operation.pointer_mut("/x-outflow/resumable/run") {
                    *run = format!("{prefix}{}", run.as_str().unwrap_or_default()).into();
                }
            }
        }
        self
    }

    /// Adds the paths, the components and the tags of another document: one of ours, a `utoipa::OpenApi`, or any value
    /// that serializes as one. Its version, info, servers and security are left out.
    ///
    /// # Errors
    /// If both have a thing of one name and it is not the same. The error says which.
    pub fn merge(mut self, other: impl Serialize + 'static) -> Result<Self, MergeError> {
        if let Some(other) = (&other as &dyn Any).downcast_ref::<Self>() {
            self.gaps.extend(other.gaps.iter().cloned());
        }
        let other = serde_json::to_value(other).map_err(|error| MergeError(format!("it is not JSON: {error}")))?;
        let Value::Object(other) = other else { return Err(MergeError("it is not a JSON object".into())) };
        for (key, theirs) in other {
            match &*key {
                "openapi" | "info" | "servers" | "security" | "jsonSchemaDialect" | "$self" => {}
                "tags" => self.merge_tags(theirs),
                "paths" | "components" | "webhooks" => {
                    let ours = self.value.as_object_mut().map(|ours| ours.entry(&*key).or_insert_with(|| json!({})));
                    if let Some(ours) = ours {
                        merge(ours, theirs, &key, 2)?;
                    }
                }
                _ => {
                    if let Some(ours) = self.value.as_object_mut().map(|ours| ours.entry(&*key).or_insert(Value::Null))
                    {
                        merge(ours, theirs, &key, 0)?;
                    }
                }
            }
        }
        Ok(self)
    }

    fn merge_tags(&mut self, theirs: Value) {
        let Value::Array(theirs) = theirs else { return };
        let ours = &mut self.value["tags"];
        if !ours.is_array() {
            *ours = json!([]);
        }
        let Some(ours) = ours.as_array_mut() else { return };
        for tag in theirs {
            if ours.iter().all(|known| known["name"] != tag["name"]) {
                ours.push(tag);
            }
        }
    }

    /// The same as OpenAPI 3.1, for tools that do not know `itemSchema`: in its place is a `schema` of one packet.
    pub fn v3_1(mut self) -> Self {
        dialect::v3_1(&mut self.value);
        self
    }

    /// The form of `data` in `text/event-stream`.
    pub fn sse(mut self, data: Data) -> Self {
        if data == Data::Object {
            dialect::data_objects(&mut self.value);
        }
        self
    }

    /// A router that serves the document at `path`.
    ///
    /// # Panics
    /// If `path` does not begin with `/`.
    pub fn router<S: Clone + Send + Sync + 'static>(&self, path: &str) -> Router<S> {
        let json = bytes::Bytes::from(self.value.to_string());
        Router::new().route(path, get(move || async { ([(CONTENT_TYPE, "application/json")], json) }))
    }
}

/// Merges two objects down to `depth` levels, below which they have to be equal.
fn merge(ours: &mut Value, theirs: Value, key: &str, depth: usize) -> Result<(), MergeError> {
    match (ours, theirs) {
        (ours, theirs) if *ours == theirs => Ok(()),
        (ours @ Value::Null, theirs) => {
            *ours = theirs;
            Ok(())
        }
        (Value::Object(ours), Value::Object(theirs)) if depth > 0 => {
            for (name, theirs) in theirs {
                let key = format!("{key}.{name}");
                merge(ours.entry(name).or_insert(Value::Null), theirs, &key, depth - 1)?;
            }
            Ok(())
        }
        _ => Err(MergeError(format!("both have a `{key}`, and it is not the same: rename one of them"))),
    }
}

impl Deref for Document {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// JSON on several lines; `{:#}` is the same on one.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The flag of `Value` means the opposite.
        if f.alternate() { write!(f, "{}", self.value) } else { write!(f, "{:#}", self.value) }
    }
}

/// Why two documents could not be merged.
#[derive(Clone, Debug)]
pub struct MergeError(String);

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the documents can't be merged: {}", self.0)
    }
}

impl std::error::Error for MergeError {}
