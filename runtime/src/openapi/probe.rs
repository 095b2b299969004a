//! The descriptions of types, chosen where the macro knows them.
//!
//! Rust's method lookup chooses the row: a method of the type itself comes first, then one of a trait that the type
//! implements, and then one of a trait for references to it.

use std::{any::type_name, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{
    answer::Answer,
    description::ActionDescription,
    extractor::{Extractor, RequestDescription, is_multipart},
};

/// The description of a type, or its name alone.
#[derive(Clone, Copy)]
pub struct Shape {
    pub(super) name: fn() -> &'static str,
    pub(super) schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// The schema itself, where `schema` is a reference to it.
    pub(super) inline: Option<fn(&mut SchemaGenerator) -> Schema>,
}

impl Shape {
    pub(super) const fn of<T: JsonSchema>() -> Self {
        Self {
            name: type_name::<T>,
            schema: Some(|generator| generator.subschema_for::<T>()),
            inline: Some(T::json_schema),
        }
    }

    const fn open<T>() -> Self {
        Self { name: type_name::<T>, schema: None, inline: None }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shape").field(&(self.name)()).finish()
    }
}

/// A type whose schema is looked up.
#[derive(Debug)]
pub struct Type<T>(PhantomData<fn() -> T>);

impl<T> Type<T> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}

/// The row of types that describe themselves.
pub trait Described {
    /// The type's description.
    fn __shape(self) -> Shape;
}

impl<T: JsonSchema> Described for Type<T> {
    fn __shape(self) -> Shape {
        Shape::of::<T>()
    }
}

/// The row of every other type.
pub trait Undescribed {
    /// The type's name.
    fn __shape(self) -> Shape;
}

impl<T> Undescribed for &Type<T> {
    fn __shape(self) -> Shape {
        Shape::open::<T>()
    }
}

impl Type<()> {
    /// No result.
    pub fn __result(self) -> Option<Shape> {
        None
    }
}

/// The row of results that describe themselves.
pub trait DescribedResult {
    /// The result's description.
    fn __result(self) -> Option<Shape>;
}

impl<T: JsonSchema> DescribedResult for Type<T> {
    fn __result(self) -> Option<Shape> {
        Some(Shape::of::<T>())
    }
}

/// The row of every other result.
pub trait UndescribedResult {
    /// The result's name.
    fn __result(self) -> Option<Shape>;
}

impl<T> UndescribedResult for &Type<T> {
    fn __result(self) -> Option<Shape> {
        Some(Shape::open::<T>())
    }
}

/// The type that a method returns.
#[derive(Debug)]
pub struct Output<R>(PhantomData<fn() -> R>);

impl<R> Output<R> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}

impl<T, E> Output<Result<T, E>> {
    /// Every `Result` takes this row, by whichever name the method calls it.
    pub fn __ok(self) -> Type<T> {
        Type::NEW
    }
}

/// The row of types other than `Result`.
pub trait Infallible<R> {
    /// The type itself.
    fn __ok(self) -> Type<R>;
}

impl<R> Infallible<R> for Output<R> {
    fn __ok(self) -> Type<R> {
        Type::NEW
    }
}

/// The row of answers that describe themselves, of actions that do not stream.
pub trait DescribedAnswer {
    /// Describes the answer.
    fn __answer(self, action: &mut ActionDescription<'_>, line: u32);
}

impl<T: Answer> DescribedAnswer for Type<T> {
    fn __answer(self, action: &mut ActionDescription<'_>, _: u32) {
        T::describe(&mut action.response());
    }
}

/// The row of every other answer.
pub trait UndescribedAnswer {
    /// Notes the gap.
    fn __answer(self, action: &mut ActionDescription<'_>, line: u32);
}

impl<T> UndescribedAnswer for &Type<T> {
    fn __answer(self, action: &mut ActionDescription<'_>, line: u32) {
        action.open_answer(type_name::<T>(), line);
    }
}

/// An argument that is not a parameter of the path by its name.
#[derive(Debug)]
pub struct Argument<T>(PhantomData<fn() -> T>);

impl<T> Argument<T> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}

/// The row of extractors that describe themselves.
pub trait DescribedArgument {
    /// Describes the argument.
    fn __argument(self, action: &mut ActionDescription<'_>, line: u32);
}

impl<T: Extractor> DescribedArgument for Argument<T> {
    fn __argument(self, action: &mut ActionDescription<'_>, line: u32) {
        T::describe(&mut RequestDescription::new(action, type_name::<T>(), line));
    }
}

/// The row of every other extractor.
pub trait UndescribedArgument {
    /// Notes the gap.
    fn __argument(self, action: &mut ActionDescription<'_>, line: u32);
}

impl<T> UndescribedArgument for &Argument<T> {
    fn __argument(self, action: &mut ActionDescription<'_>, line: u32) {
        let name = type_name::<T>();
        let mut request = RequestDescription::new(action, name, line);
        if is_multipart(name) {
            request.multipart();
        } else {
            request.unknown();
        }
    }
}
