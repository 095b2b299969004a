//! What an extractor takes from a request.

use std::fmt;

use axum::{
    Extension, Form, Json,
    body::Body,
    extract::{
        ConnectInfo, MatchedPath, Multipart, NestedPath, OriginalUri, Path, Query, RawForm, RawPathParams, RawQuery,
        Request, State,
    },
    http::{Extensions, HeaderMap, Method, Uri, Version, request::Parts},
};
use bytes::{Bytes, BytesMut};
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{
    describe::Types,
    operation::{Operation, parameters_of},
    probe::Described,
    schemas::{Member, Way},
};
use crate::head::argument::Head;

/// An extractor that says what it takes from a request. Implement it for an extractor of your own:
///
/// ```
/// use outflow::openapi::{DescribeArgument, In, RequestWriter};
///
/// /// The tenant that the header `X-Tenant` names.
/// struct Tenant(String);
///
/// impl DescribeArgument for Tenant {
///     fn describe(request: &mut RequestWriter<'_>) {
///         request.parameter::<String>(In::Header, "x-tenant", true);
///     }
/// }
/// ```
///
/// One that takes nothing that a client would send, such as a database, leaves the body of the method empty.
pub trait DescribeArgument {
    /// Writes its parameters, or the body.
    fn describe(request: &mut RequestWriter<'_>);
}

/// The place of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum In {
    /// The query of the URL.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

impl In {
    fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// The request of an action, as its arguments describe it.
pub struct RequestWriter<'w> {
    types: Types<'w>,
    operation: &'w mut Operation,
    /// Whether the argument may be missing.
    optional: bool,
}

impl<'w> RequestWriter<'w> {
    pub(super) fn new(types: Types<'w>, operation: &'w mut Operation) -> Self {
        Self { types, operation, optional: false }
    }

    /// Adds a parameter. One of an argument that may be missing is never required.
    pub fn parameter<T: JsonSchema>(&mut self, place: In, name: &str, required: bool) {
        let schema = self.types.schema(Way::Read, Described::known::<T>(), name);
        self.add(place.name(), name, schema, required);
    }

    /// Says that the body has this media type and this structure.
    pub fn body<T: JsonSchema>(&mut self, content_type: &str) {
        self.described_body(content_type, Described::known::<T>());
    }

    /// Says that the body has this media type, whose content no schema describes.
    pub fn raw_body(&mut self, content_type: &str) {
        self.operation.body(content_type, json!({}), !self.optional);
    }

    fn described_body(&mut self, content_type: &str, ty: Described) {
        let schema = self.types.schema(Way::Read, ty, "the body");
        self.operation.body(content_type, json!({ "schema": schema }), !self.optional);
    }

    fn add(&mut self, place: &str, name: &str, schema: Value, required: bool) {
        let required = required && !self.optional;
        self.operation.parameters.push(json!({ "name": name, "in": place, "required": required, "schema": schema }));
    }

    pub(super) fn json(&mut self, ty: Described) {
        self.described_body("application/json", ty);
    }

    /// A form is in the query of a request without a body.
    pub(super) fn form(&mut self, ty: Described) {
        if self.has_no_body() {
            self.query(ty);
        } else {
            self.described_body("application/x-www-form-urlencoded", ty);
        }
    }

    /// One parameter for each field, or the whole query where the type has none.
    pub(super) fn query(&mut self, ty: Described) {
        let schema = self.types.schema(Way::Read, ty, "the query");
        match self.types.schemas.members(&schema) {
            Some(members) => {
                for Member { name, schema, required } in members {
                    self.add("query", &name, schema, required);
                }
            }
            None => self.operation.parameters.push(json!({
                "name": "query",
                "in": "querystring",
                "content": { "application/x-www-form-urlencoded": { "schema": schema } },
            })),
        }
    }

    /// The fields of a struct by their names, those of a tuple in their order, or a single value.
    pub(super) fn path(&mut self, ty: Described) {
        let schema = self.types.schema(Way::Read, ty, "the path");
        let names = parameters_of(self.types.action.path);
        let members = self.types.schemas.members(&schema).unwrap_or_default();
        let items = self.types.schemas.items(&schema).unwrap_or_else(|| vec![schema]);
        if members.is_empty() && items.len() == names.len() {
            for (name, item) in names.iter().zip(items) {
                self.operation.path_parameter(name, item);
            }
        }
        for Member { name, schema, .. } in members.into_iter().filter(|member| names.contains(&member.name)) {
            self.operation.path_parameter(&name, schema);
        }
    }

    fn has_no_body(&self) -> bool {
        self.types.action.methods.iter().all(|method| matches!(*method, "get" | "head"))
    }
}

macro_rules! describe {
    ($($extractor:ident => $method:ident),*) => {$(
        impl<T: JsonSchema> DescribeArgument for $extractor<T> {
            fn describe(request: &mut RequestWriter<'_>) {
                request.$method(Described::known::<T>());
            }
        }
    )*};
}

describe!(Json => json, Form => form, Query => query, Path => path);

impl<T: DescribeArgument> DescribeArgument for Option<T> {
    fn describe(request: &mut RequestWriter<'_>) {
        let before = std::mem::replace(&mut request.optional, true);
        T::describe(request);
        request.optional = before;
    }
}

impl<T: DescribeArgument, E> DescribeArgument for Result<T, E> {
    fn describe(request: &mut RequestWriter<'_>) {
        <Option<T>>::describe(request);
    }
}

macro_rules! bodies {
    ($($ty:ty => $content_type:literal $schema:tt),* $(,)?) => {$(
        impl DescribeArgument for $ty {
            fn describe(request: &mut RequestWriter<'_>) {
                request.operation.body($content_type, json!($schema), !request.optional);
            }
        }
    )*};
}

bodies! {
    String => "text/plain" { "schema": { "type": "string" } },
    Bytes => "application/octet-stream" {},
    BytesMut => "application/octet-stream" {},
    Body => "application/octet-stream" {},
    RawForm => "application/x-www-form-urlencoded" { "schema": { "type": "object" } },
    Multipart => "multipart/form-data" { "schema": { "type": "object" } },
}

macro_rules! nothing {
    ($($ty:ty $([$parameter:ident])?),* $(,)?) => {$(
        impl$(<$parameter>)? DescribeArgument for $ty {
            fn describe(_: &mut RequestWriter<'_>) {}
        }
    )*};
}

// What a client does not send, or sends with every request.
nothing! {
    State<T> [T], Extension<T> [T], ConnectInfo<T> [T], Head, HeaderMap, Extensions, Method, Uri, Version, Parts,
    OriginalUri, MatchedPath, NestedPath, RawPathParams, RawQuery,
}

/// The whole request: its body may be anything, and is read as a stream.
impl DescribeArgument for Request {
    fn describe(request: &mut RequestWriter<'_>) {
        if !request.has_no_body() {
            request.raw_body("application/octet-stream");
        }
    }
}

impl fmt::Debug for RequestWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestWriter")
    }
}
