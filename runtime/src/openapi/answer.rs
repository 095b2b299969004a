//! The answers of actions that do not stream.

use axum::{
    Json,
    http::StatusCode,
    response::{Html, Redirect},
};
use bytes::Bytes;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{
    probe::Shape,
    schemas::{Direction, Schemas},
};

/// A type that an action without `self.stream` may return, and that says what it answers. Implement it for your own
/// responses; any other type is a [gap](super::Document::gaps).
///
/// ```
/// use outflow::openapi::{Answer, Response};
///
/// struct Svg(String);
///
/// impl Answer for Svg {
///     fn describe(response: &mut Response<'_>) {
///         response.content("image/svg+xml");
///     }
/// }
/// ```
pub trait Answer {
    /// Describes the response of a success.
    fn describe(response: &mut Response<'_>);
}

/// The response of a success in the making.
#[derive(Debug)]
pub struct Response<'a> {
    pub(super) answer: &'a mut Value,
    pub(super) schemas: &'a mut Schemas,
}

impl Response<'_> {
    /// A body of this media type, without structure.
    pub fn content(&mut self, media_type: &str) {
        self.answer["content"][media_type] = json!({});
    }

    /// A body of this media type that holds a `T`.
    pub fn content_of<T: JsonSchema>(&mut self, media_type: &str) {
        let schema = self.schemas.of(&Shape::of::<T>(), Direction::Sent);
        self.answer["content"][media_type] = json!({ "schema": schema });
    }

    /// The status in place of 200, such as `"201"` or `"3XX"`.
    pub fn status(&mut self, status: &str) {
        self.answer["x-status"] = status.into();
    }
}

impl<T: JsonSchema> Answer for Json<T> {
    fn describe(response: &mut Response<'_>) {
        response.content_of::<T>("application/json");
    }
}

impl<T> Answer for Html<T> {
    fn describe(response: &mut Response<'_>) {
        response.content_of::<String>("text/html");
    }
}

macro_rules! text {
    ($($ty:ty)*) => {$(
        impl Answer for $ty {
            fn describe(response: &mut Response<'_>) {
                response.content_of::<String>("text/plain");
            }
        }
    )*};
}

text! { String &str std::borrow::Cow<'_, str> Box<str> }

macro_rules! bytes {
    ($($ty:ty)*) => {$(
        impl Answer for $ty {
            fn describe(response: &mut Response<'_>) {
                response.content("application/octet-stream");
            }
        }
    )*};
}

bytes! { Bytes Vec<u8> &[u8] std::borrow::Cow<'_, [u8]> Box<[u8]> }

/// No body.
impl Answer for () {
    fn describe(_: &mut Response<'_>) {}
}

impl Answer for Redirect {
    fn describe(response: &mut Response<'_>) {
        response.status("3XX");
    }
}

/// Any status, without a body.
impl Answer for StatusCode {
    fn describe(response: &mut Response<'_>) {
        response.status("default");
    }
}
