//! What an answer brings along: sources, files and data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mark;

/// A source of the answer, which pages show as a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Source {
    ai: mark::Source,
    /// Its URL.
    pub url: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Source {
    /// The source at this URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { ai: mark::Source::Mark, url: url.into(), title: None }
    }

    /// Sets the title.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }
}

/// A file that the model made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct File {
    ai: mark::File,
    /// Its URL, or a `data:` URL with its content.
    pub url: String,
    /// Its media type, such as `image/png`.
    pub media_type: String,
}

impl File {
    /// The file at this URL.
    pub fn new(url: impl Into<String>, media_type: impl Into<String>) -> Self {
        Self { ai: mark::File::Mark, url: url.into(), media_type: media_type.into() }
    }
}

/// Data of the application's own: the protocol's data part. Any other JSON that is streamed means the same, with the
/// name of its event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Data {
    ai: mark::Data,
    /// The kind of data.
    pub name: String,
    /// The data.
    pub value: Value,
    /// The id by which a later packet replaces this one, where the protocol can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Data {
    /// Data of this kind.
    pub fn new(name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { ai: mark::Data::Mark, name: name.into(), value: value.into(), id: None }
    }

    /// Sets the id.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }
}
