//! Path parameters that an action takes by name.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use std::{any::type_name, fmt::Display, marker::PhantomData, str::FromStr};

use axum::{
    extract::RawPathParams,
    http::{StatusCode, header::X_CONTENT_TYPE_OPTIONS},
    response::{IntoResponse as _, Response},
};
use serde::de::DeserializeOwned;

use super::text::Text;

/// A parameter of type `T`, to be read from the path's text: as `Deserialize`, or else as `FromStr`.
///
/// The choice is made where the macro knows the type, by Rust's method lookup, which prefers a method on the value to
/// one on a reference to it.
#[derive(Debug)]
pub struct Param<T> {
    name: &'static str,
    kind: PhantomData<fn() -> T>,
}

impl<T> Param<T> {
    /// The parameter with this name in the route's path.
    pub fn named(name: &'static str) -> Self {
        Self { name, kind: PhantomData }
    }

    fn read<E: Display>(
        &self,
        params: &RawPathParams,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Response> {
        let value = params.iter().find(|(name, _)| *name == self.name).map(|(_, value)| value);
        let text = match value.map(parse) {
            Some(Ok(value)) => return Ok(value),
            Some(Err(error)) => {
                format!("The path parameter `{}` is not a valid `{}`: {error}", self.name, short_name::<T>(),)
            }
            // The macro knows the whole path, so this happens only if the router has matched another one.
            None => format!("The path has no parameter `{}`", self.name),
        };
        // The text holds a part of the path.
        Err((StatusCode::BAD_REQUEST, [(X_CONTENT_TYPE_OPTIONS, "nosniff")], text).into_response())
    }
}

/// `u64`, `Vec<Token>`: the type as its author would write it, without the paths of its modules.
pub(crate) fn short_name<T>() -> String {
    let mut short = String::new();
    for part in type_name::<T>().split_inclusive(|char: char| !(char.is_alphanumeric() || char == '_' || char == ':')) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

/// Types that `serde` reads from text.
pub trait FromText<T> {
    /// Reads the parameter.
    fn __parse(self, params: &RawPathParams) -> Result<T, Response>;
}

impl<T: DeserializeOwned> FromText<T> for Param<T> {
    fn __parse(self, params: &RawPathParams) -> Result<T, Response> {
        self.read(params, |text| T::deserialize(Text(text)))
    }
}

/// Types that are read by `FromStr` only.
pub trait FromStrText<T> {
    /// Reads the parameter.
    fn __parse(self, params: &RawPathParams) -> Result<T, Response>
    where
        T: FromPath;
}

impl<T> FromStrText<T> for &Param<T> {
    fn __parse(self, params: &RawPathParams) -> Result<T, Response>
    where
        T: FromPath,
    {
        self.read(params, T::from_path)
    }
}

/// Types that are read by `FromStr`. The trait is our own, so that its error message can say what an unreadable type
/// needs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a path",
    label = "not a path parameter",
    note = "a path parameter implements `serde::Deserialize`, or `FromStr` with an error that implements `Display`"
)]
pub trait FromPath: Sized {
    /// The reason why the text can't be read.
    type Error: Display;

    /// Reads the value.
    fn from_path(text: &str) -> Result<Self, Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<T: FromStr<Err: Display>> FromPath for T {
    type Error = T::Err;

    fn from_path(text: &str) -> Result<Self, T::Err> {
        text.parse()
    }
}
