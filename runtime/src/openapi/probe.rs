//! What a type says of itself.
//!
//! The macro knows the types of a signature by their tokens alone. Rust's method lookup finds out what they implement: a
//! method on the value comes before one on a reference to it, so the trait with the most references is asked first.

use std::marker::PhantomData;

use axum::{
    Form, Json,
    extract::{Path, Query},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{
    answer::{AnswerWriter, DescribeAnswer},
    argument::{DescribeArgument, RequestWriter},
};
use crate::route::param::short_name;

/// A type of a signature.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    /// The type.
    pub const NEW: Self = Self(PhantomData);
}

/// A type, and its schema if it has one.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// Its name as in the source.
    pub(super) name: fn() -> String,
    pub(super) schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Whether it is `()`.
    pub(super) is_unit: bool,
}

impl Described {
    pub(super) fn known<T: JsonSchema>() -> Self {
        Self { schema: Some(|schemas| schemas.subschema_for::<T>()), ..Self::unknown::<T>() }
    }

    fn unknown<T>() -> Self {
        Self { name: short_name::<T>, schema: None, is_unit: std::any::type_name::<T>() == "()" }
    }
}

/// A type with a schema.
pub trait Known {
    /// The schema.
    fn __schema(&self) -> Described;
}

impl<T: JsonSchema> Known for &Probe<T> {
    fn __schema(&self) -> Described {
        Described::known::<T>()
    }
}

/// Any type.
pub trait Unknown {
    /// The name alone.
    fn __schema(&self) -> Described;
}

impl<T> Unknown for Probe<T> {
    fn __schema(&self) -> Described {
        Described::unknown::<T>()
    }
}

/// A `Result` whose value has a schema.
pub trait KnownResult {
    /// The value.
    fn __result(&self) -> Described;
}

impl<T: JsonSchema, E> KnownResult for &&&Probe<Result<T, E>> {
    fn __result(&self) -> Described {
        Described::known::<T>()
    }
}

/// Any `Result`.
pub trait UnknownResult {
    /// The value.
    fn __result(&self) -> Described;
}

impl<T, E> UnknownResult for &&Probe<Result<T, E>> {
    fn __result(&self) -> Described {
        Described::unknown::<T>()
    }
}

/// A value with a schema that is no `Result`.
pub trait KnownValue {
    /// The value.
    fn __result(&self) -> Described;
}

impl<T: JsonSchema> KnownValue for &Probe<T> {
    fn __result(&self) -> Described {
        Described::known::<T>()
    }
}

/// Any value.
pub trait UnknownValue {
    /// The value.
    fn __result(&self) -> Described;
}

impl<T> UnknownValue for Probe<T> {
    fn __result(&self) -> Described {
        Described::unknown::<T>()
    }
}

/// The description of an argument, where there is one.
pub(crate) type OfArgument = Option<fn(&mut RequestWriter<'_>)>;

/// An argument that describes itself.
pub trait KnownArgument {
    /// The description.
    fn __argument(&self) -> (OfArgument, String);
}

impl<T: DescribeArgument> KnownArgument for &&Probe<T> {
    fn __argument(&self) -> (OfArgument, String) {
        (Some(T::describe), short_name::<T>())
    }
}

/// An extractor of axum for a type without a schema.
pub trait OpenArgument {
    /// The description, which notes a gap.
    fn __argument(&self) -> (OfArgument, String);
}

macro_rules! open {
    ($($extractor:ident => $method:ident),*) => {$(
        impl<T> OpenArgument for &Probe<$extractor<T>> {
            fn __argument(&self) -> (OfArgument, String) {
                (Some(|to| to.$method(Described::unknown::<T>())), short_name::<T>())
            }
        }
    )*};
}

open!(Json => json, Form => form, Query => query, Path => path);

/// Any argument.
pub trait UnknownArgument {
    /// The name alone.
    fn __argument(&self) -> (OfArgument, String);
}

impl<T> UnknownArgument for Probe<T> {
    fn __argument(&self) -> (OfArgument, String) {
        (None, short_name::<T>())
    }
}

/// The description of an answer, where there is one.
pub(crate) type OfAnswer = Option<fn(&mut AnswerWriter<'_>)>;

/// An answer that describes itself.
pub trait KnownAnswer {
    /// The description.
    fn __answer(&self) -> (OfAnswer, String);
}

impl<T: DescribeAnswer> KnownAnswer for &Probe<T> {
    fn __answer(&self) -> (OfAnswer, String) {
        (Some(T::describe), short_name::<T>())
    }
}

/// Any answer.
pub trait UnknownAnswer {
    /// The name alone.
    fn __answer(&self) -> (OfAnswer, String);
}

impl<T> UnknownAnswer for Probe<T> {
    fn __answer(&self) -> (OfAnswer, String) {
        (None, short_name::<T>())
    }
}
