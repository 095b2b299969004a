//! A document.

use std::{fmt, ops::Deref};

use axum::{
    Router,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    routing::get,
};
use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{gap::Gap, typescript::TypeScript};

/// An OpenAPI document, which derefs to its JSON. Its text is the same on every run.
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
/// let document = Chat
///     .openapi()
///     .info("Chat", "1.0")
///     .server("https://chat.example")
///     .security("token", json!({ "type": "http", "scheme": "bearer" }));
/// assert_eq!(document["servers"][0]["url"], "https://chat.example");
/// ```
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) json: Value,
    pub(super) gaps: Vec<Gap>,
    /// Whether a server has been given.
    has_servers: bool,
}

impl Document {
    pub(super) fn new(json: Value, gaps: Vec<Gap>) -> Self {
        Self { json, gaps, has_servers: false }
    }

    /// What it describes as "anything" because no type says more. A test can demand that this is empty.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Sets the title and the version of the API. By default they are the name and the version of the package that holds
    /// the first controller.
    #[must_use]
    pub fn info(mut self, title: impl Into<String>, version: impl Into<String>) -> Self {
        self.json["info"]["title"] = title.into().into();
        self.json["info"]["version"] = version.into().into();
        self
    }

    /// Adds a server. Without one, the paths are those of the server that the document comes from.
    #[must_use]
    pub fn server(mut self, url: impl Into<String>) -> Self {
        let mut servers = std::mem::take(&mut self.json["servers"]);
        if let Some(servers) = servers.as_array_mut() {
            if !std::mem::replace(&mut self.has_servers, true) {
                servers.clear();
            }
            servers.push(json!({ "url": url.into() }));
        }
        self.json["servers"] = servers;
        self
    }

    /// Adds a security scheme by which every action may be reached (OpenAPI 3.2.0, "Security Scheme Object").
    #[must_use]
    pub fn security(mut self, name: &str, scheme: impl Into<Value>) -> Self {
        self.json["components"]["securitySchemes"][name] = scheme.into();
        if let Some(security) = self.json["security"].as_array_mut() {
            security.push(json!({ name: [] }));
        }
        self
    }

    /// Puts all paths under a prefix, as `Router::nest` does.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        let prefix = prefix.trim_end_matches('/');
        let put = |path: &str| format!("{prefix}{path}");
        if let Value::Object(paths) = self.json["paths"].take() {
            let mut moved = Map::new();
            for (path, mut item) in paths {
                for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
                    for place in ["/x-outflow/resumable/run", "/x-outflow/resumable/open"] {
                        if let Some(Value::String(path)) = operation.pointer_mut(place) {
                            *path = put(path);
                        }
                    }
                }
                moved.insert(put(&path), item);
            }
            self.json["paths"] = moved.into();
        }
        self
    }

    /// Types for the JavaScript client, by which `stream('/chat/answer', …)` knows its packets, result and failure, its
    /// parameters and its body. See [`TypeScript::keep`].
    pub fn typescript(&self) -> TypeScript {
        TypeScript::of(&self.json)
    }

    /// A router that serves the document at this path, as JSON.
    pub fn router<S: Clone + Send + Sync + 'static>(&self, path: &str) -> Router<S> {
        let text = Bytes::from(self.to_string());
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
        Router::new().route(path, get(async move || (headers, text)))
    }
}

impl Deref for Document {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.json
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// The document as JSON; with `{:#}` on many lines.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json.fmt(f)
    }
}

/// A document of another origin.
impl From<Value> for Document {
    fn from(json: Value) -> Self {
        Self::new(json, Vec::new())
    }
}

impl From<Document> for Value {
    fn from(document: Document) -> Self {
        document.json
    }
}
