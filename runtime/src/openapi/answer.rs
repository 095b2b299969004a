//! What an action that does not stream returns.

use std::{borrow::Cow, fmt};

use axum::{
    Form, Json,
    http::StatusCode,
    response::{Html, NoContent, Redirect},
};
use bytes::Bytes;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{describe::Types, probe::Described, schemas::Way};
use crate::format::problem::Problem;

/// A response that describes itself. Implement it for a response of your own:
///
/// ```
/// use axum::response::{IntoResponse, Response};
/// use outflow::openapi::{AnswerWriter, DescribeAnswer};
///
/// struct Csv(String);
///
/// impl IntoResponse for Csv {
///     fn into_response(self) -> Response {
///         ([("content-type", "text/csv")], self.0).into_response()
///     }
/// }
///
/// impl DescribeAnswer for Csv {
///     fn describe(answer: &mut AnswerWriter<'_>) {
///         answer.content::<String>("200", "text/csv");
///     }
/// }
/// ```
pub trait DescribeAnswer {
    /// Writes the responses.
    fn describe(answer: &mut AnswerWriter<'_>);
}

/// The responses of an action that does not stream.
pub struct AnswerWriter<'w> {
    types: Types<'w>,
    /// Each with its status.
    responses: &'w mut Vec<(String, Value)>,
}

impl<'w> AnswerWriter<'w> {
    pub(super) fn new(types: Types<'w>, responses: &'w mut Vec<(String, Value)>) -> Self {
        Self { types, responses }
    }

    /// Adds a response with this status and a content of this media type. The status may be a range, such as `2XX`.
    pub fn content<T: JsonSchema>(&mut self, status: &str, content_type: &str) {
        let schema = self.types.schema(Way::Sent, Described::known::<T>(), "the answer");
        self.add(status, "The answer.", json!({ content_type: { "schema": schema } }));
    }

    /// Adds a response with this status, and with no content.
    pub fn status(&mut self, status: &str, description: &str) {
        self.responses.push((status.to_owned(), json!({ "description": description })));
    }

    fn add(&mut self, status: &str, description: &str, content: Value) {
        self.responses.push((status.to_owned(), json!({ "description": description, "content": content })));
    }
}

macro_rules! contents {
    ($($ty:ty $([$parameter:ident])? => $content:ty, $content_type:literal);* $(;)?) => {$(
        impl$(<$parameter: JsonSchema>)? DescribeAnswer for $ty {
            fn describe(answer: &mut AnswerWriter<'_>) {
                answer.content::<$content>("200", $content_type);
            }
        }
    )*};
}

contents! {
    Json<T> [T] => T, "application/json";
    Form<T> [T] => T, "application/x-www-form-urlencoded";
    String => String, "text/plain";
    &'static str => String, "text/plain";
    Cow<'static, str> => String, "text/plain";
}

macro_rules! statuses {
    ($($ty:ty $([$parameter:ident])? => $status:literal, $description:literal);* $(;)?) => {$(
        impl$(<$parameter>)? DescribeAnswer for $ty {
            fn describe(answer: &mut AnswerWriter<'_>) {
                answer.status($status, $description);
            }
        }
    )*};
}

statuses! {
    () => "200", "Done.";
    NoContent => "204", "Done.";
    Redirect => "3XX", "Elsewhere.";
}

impl<T> DescribeAnswer for Html<T> {
    fn describe(answer: &mut AnswerWriter<'_>) {
        answer.content::<String>("200", "text/html");
    }
}

impl DescribeAnswer for Bytes {
    fn describe(answer: &mut AnswerWriter<'_>) {
        answer.add("200", "The answer.", json!({ "application/octet-stream": {} }));
    }
}

impl DescribeAnswer for Vec<u8> {
    fn describe(answer: &mut AnswerWriter<'_>) {
        Bytes::describe(answer);
    }
}

impl DescribeAnswer for Problem {
    fn describe(_: &mut AnswerWriter<'_>) {}
}

/// A status that only the action knows.
impl DescribeAnswer for StatusCode {
    fn describe(answer: &mut AnswerWriter<'_>) {
        answer.status("2XX", "Done.");
    }
}

impl<T: DescribeAnswer, E> DescribeAnswer for Result<T, E> {
    fn describe(answer: &mut AnswerWriter<'_>) {
        T::describe(answer);
    }
}

/// A status that only the action knows, before what it stands for.
impl<T: DescribeAnswer> DescribeAnswer for (StatusCode, T) {
    fn describe(answer: &mut AnswerWriter<'_>) {
        let first = answer.responses.len();
        T::describe(answer);
        for (status, _) in answer.responses.iter_mut().skip(first).filter(|(status, _)| status == "200") {
            *status = "2XX".to_owned();
        }
    }
}

impl fmt::Debug for AnswerWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerWriter")
    }
}
