//! The arguments of an action that are extractors.

use std::net::SocketAddr;

use axum::{
    Extension, Form, Json,
    body::Body,
    extract::{ConnectInfo, MatchedPath, OriginalUri, Path, Query, RawForm, RawPathParams, RawQuery, Request, State},
    http::{Extensions, HeaderMap, Method, Uri, Version, request::Parts},
};
use bytes::Bytes;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{
    description::{ActionDescription, path_parameters, short},
    probe::Shape,
    schemas::Direction,
};
use crate::head::argument::Head;

/// An extractor that says what it takes from a request. Implement it for your own extractors; any other is a
/// [gap](super::Document::gaps).
///
/// ```
/// use axum::{extract::FromRequestParts, http::{StatusCode, request::Parts}};
/// use outflow::openapi::{Extractor, RequestDescription};
///
/// struct ApiKey(String);
///
/// impl<S: Sync> FromRequestParts<S> for ApiKey {
///     type Rejection = StatusCode;
///
///     async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
///         let key = parts.headers.get("x-api-key").and_then(|key| key.to_str().ok());
///         key.map(|key| Self(key.to_owned())).ok_or(StatusCode::UNAUTHORIZED)
///     }
/// }
///
/// impl Extractor for ApiKey {
///     fn describe(request: &mut RequestDescription<'_, '_>) {
///         request.header::<String>("X-Api-Key");
///     }
/// }
/// ```
pub trait Extractor {
    /// Describes what it takes.
    fn describe(request: &mut RequestDescription<'_, '_>);
}

/// The description of a request in the making.
#[derive(Debug)]
pub struct RequestDescription<'a, 'b> {
    action: &'a mut ActionDescription<'b>,
    name: &'static str,
    line: u32,
    required: bool,
}

impl<'a, 'b> RequestDescription<'a, 'b> {
    pub(super) fn new(action: &'a mut ActionDescription<'b>, name: &'static str, line: u32) -> Self {
        Self { action, name, line, required: true }
    }
}

impl RequestDescription<'_, '_> {
    /// A header that holds a `T`.
    pub fn header<T: JsonSchema>(&mut self, name: &str) {
        self.parameter::<T>("header", name);
    }

    /// A parameter of the query that holds a `T`.
    pub fn query_parameter<T: JsonSchema>(&mut self, name: &str) {
        self.parameter::<T>("query", name);
    }

    /// A cookie that holds a `T`.
    pub fn cookie<T: JsonSchema>(&mut self, name: &str) {
        self.parameter::<T>("cookie", name);
    }

    /// The query as a whole: each field of `T` is a parameter.
    pub fn query<T: JsonSchema>(&mut self) {
        let schema = self.inline::<T>();
        match fields(&schema) {
            Some(fields) => {
                for (name, required, schema) in fields {
                    self.action.add_parameter("query", &name, required && self.required, schema);
                }
            }
            // Any number of parameters, such as a map's.
            None => {
                let schema = self.schema::<T>();
                self.action.add_parameter("query", "query", false, schema);
            }
        }
    }

    /// All parameters of the path: one value, a tuple, or a struct with a field for each.
    pub fn path<T: JsonSchema>(&mut self) {
        let schema = self.inline::<T>();
        let names: Vec<_> = path_parameters(self.action.action.path).map(str::to_owned).collect();
        let items = schema["prefixItems"].as_array();
        for (index, name) in names.iter().enumerate() {
            let field = schema["properties"].get(name).or_else(|| items.and_then(|items| items.get(index)));
            let schema = match field {
                Some(schema) => schema.clone(),
                None if names.len() == 1 => self.schema::<T>(),
                None => json!({ "type": "string" }),
            };
            self.action.add_parameter("path", name, true, schema);
        }
    }

    /// A body of this media type that holds a `T`.
    pub fn body<T: JsonSchema>(&mut self, media_type: &str) {
        let schema = self.schema::<T>();
        self.set_body(media_type, json!({ "schema": schema }));
    }

    /// A body of this media type, without structure.
    pub fn raw_body(&mut self, media_type: &str) {
        self.set_body(media_type, json!({}));
    }

    /// What `describe` adds need not be in a request.
    pub fn optional(&mut self, describe: impl FnOnce(&mut RequestDescription<'_, '_>)) {
        let Self { action, name, line, .. } = self;
        describe(&mut RequestDescription { action, name, line: *line, required: false });
    }

    pub(super) fn multipart(&mut self) {
        self.set_body("multipart/form-data", json!({ "schema": { "type": "object" } }));
    }

    pub(super) fn unknown(&mut self) {
        let what = format!(
            "`{}` says nothing about what it takes: implement `outflow::openapi::Extractor` for it, and `JsonSchema` for \
             what it holds",
            short(self.name),
        );
        self.action.gap(what, self.line);
    }

    fn parameter<T: JsonSchema>(&mut self, place: &str, name: &str) {
        let schema = self.schema::<T>();
        self.action.add_parameter(place, name, self.required, schema);
    }

    fn schema<T: JsonSchema>(&mut self) -> Value {
        let schemas = &mut self.action.document.schemas;
        schemas.of(&Shape::of::<T>(), Direction::Received).unwrap_or_else(|| json!({}))
    }

    fn inline<T: JsonSchema>(&mut self) -> Value {
        let schemas = &mut self.action.document.schemas;
        schemas.inline(&Shape::of::<T>(), Direction::Received).unwrap_or_else(|| json!({}))
    }

    fn set_body(&mut self, media_type: &str, content: Value) {
        let body = self.action.body.get_or_insert_with(|| json!({ "required": self.required, "content": {} }));
        body["content"][media_type] = content;
    }

    /// Whether a form is in the query.
    fn has_no_body(&self) -> bool {
        self.action.action.methods.iter().all(|method| *method == "GET")
    }
}

/// The fields of a struct, each with its name, whether it is required, and its schema.
fn fields(schema: &Value) -> Option<Vec<(String, bool, Value)>> {
    let properties = schema["properties"].as_object()?;
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|it| it == name));
    Some(properties.iter().map(|(name, schema)| (name.clone(), required(name), schema.clone())).collect())
}

/// Whether a type is axum's `Multipart`, which is known by its name: it is there only with a feature of axum's.
pub(super) fn is_multipart(name: &str) -> bool {
    name.ends_with("::Multipart") && (name.starts_with("axum::") || name.starts_with("axum_extra::"))
}

impl<T: JsonSchema> Extractor for Path<T> {
    fn describe(request: &mut RequestDescription<'_, '_>) {
        request.path::<T>();
    }
}

impl<T: JsonSchema> Extractor for Query<T> {
    fn describe(request: &mut RequestDescription<'_, '_>) {
        request.query::<T>();
    }
}

impl<T: JsonSchema> Extractor for Form<T> {
    fn describe(request: &mut RequestDescription<'_, '_>) {
        match request.has_no_body() {
            true => request.query::<T>(),
            false => request.body::<T>("application/x-www-form-urlencoded"),
        }
    }
}

impl<T: JsonSchema> Extractor for Json<T> {
    fn describe(request: &mut RequestDescription<'_, '_>) {
        request.body::<T>("application/json");
    }
}

impl Extractor for String {
    fn describe(request: &mut RequestDescription<'_, '_>) {
        request.body::<Self>("text/plain");
    }
}

impl Extractor for Bytes {
    fn describe(request: &mut RequestDescription<'_, '_>) {
        request.raw_body("application/octet-stream");
    }
}

impl<T: Extractor> Extractor for Option<T> {
    fn describe(request: &mut RequestDescription<'_, '_>) {
        request.optional(T::describe);
    }
}

impl<T: Extractor, E> Extractor for Result<T, E> {
    fn describe(request: &mut RequestDescription<'_, '_>) {
        request.optional(T::describe);
    }
}

/// Extractors that take nothing a client has to send.
macro_rules! silent {
    ($([$($generics:tt)*] $ty:ty)*) => {$(
        impl<$($generics)*> Extractor for $ty {
            fn describe(_: &mut RequestDescription<'_, '_>) {}
        }
    )*};
}

silent! {
    [S] State<S> [T] Extension<T> [T] ConnectInfo<T> [] Head [] HeaderMap [] Method [] Uri [] Version [] Extensions
    [] OriginalUri [] MatchedPath [] RawPathParams [] RawQuery [] RawForm [] Request [] Body [] Parts [] SocketAddr
    [] ()
}
