//! The end of a stream, made from the value that its action returned.
//!
//! The macro knows the method's own return type, and Rust's method lookup chooses the row below: a method on the exact
//! type comes first, then one from a trait. Traits alone could not choose, because a `Result` may implement `Serialize`
//! as well.
//!
//! These methods begin with `__`, so that a trait of the user's that every type implements has none of their names.
//!
//! | returned | ends as |
//! |---|---|
//! | `Result<T, E>` | `T` by the next rows, or failed with `E` |
//! | `()` | done, without a result |
//! | `T: Serialize` | done, with `T` |

use std::convert::Infallible;

use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::failure::Failure;
#[cfg(feature = "anyhow")]
use crate::format::problem::Problem;

/// The end of an action: its result as JSON, if it has one, or its failure.
pub(crate) type Outcome = Result<Option<Vec<u8>>, Failure>;

/// The value that a method returned.
#[derive(Debug)]
pub struct Returned<R>(pub R);

impl<T, E> Returned<Result<T, E>> {
    /// Every `Result` takes this row.
    pub fn __ended(self) -> Result<T, E> {
        self.0
    }
}

impl<T, E> Returned<&Result<T, E>> {
    /// Whether the action failed.
    pub fn __failed(self) -> bool {
        self.0.is_err()
    }
}

/// The row of types other than `Result`, which cannot fail.
pub trait Infallibly<T> {
    /// The value itself.
    fn __ended(self) -> Result<T, Infallible>;
    /// Always `false`.
    fn __failed(self) -> bool;
}

impl<T> Infallibly<T> for Returned<T> {
    fn __ended(self) -> Result<T, Infallible> {
        Ok(self.0)
    }

    fn __failed(self) -> bool {
        false
    }
}

/// The value of an action that finished.
#[derive(Debug)]
pub struct Value<T>(pub T);

impl Value<()> {
    /// No result, which is not the same as the result `null`.
    pub fn __outcome(self) -> Outcome {
        Ok(None)
    }
}

/// The row of every other value: it is a result.
pub trait AsResult<T> {
    /// Writes the value as JSON.
    fn __outcome(self) -> Outcome
    where
        T: ActionResult;
}

impl<T> AsResult<T> for Value<T> {
    fn __outcome(self) -> Outcome
    where
        T: ActionResult,
    {
        match serde_json::to_vec(&self.0) {
            Ok(json) => Ok(Some(json)),
            Err(error) => Err(Failure::broken(format!("its result could not be written: {error}"))),
        }
    }
}

/// The values that an action may return. A trait of our own, for the error message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the result of an action",
    label = "not a result",
    note = "what an action returns is sent to the client: it implements `serde::Serialize`, or is `()`"
)]
pub trait ActionResult: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ActionResult for T {}

/// The errors that an action may fail with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the error of an action",
    label = "not an error that a client can be told",
    note = "the error of an action implements `axum::response::IntoResponse`, as `outflow::Problem` does, or is `anyhow::Error` with the feature `anyhow` of Outflow"
)]
pub trait ActionError: Sized {
    /// The response that describes the error.
    fn into_error_response(self) -> Response;
}

/// Bounded by the `Result`, because axum's own `ErrorResponse` is a response only as a part of one.
#[diagnostic::do_not_recommend]
impl<E> ActionError for E
where
    Result<(), E>: IntoResponse,
{
    fn into_error_response(self) -> Response {
        Err::<(), E>(self).into_response()
    }
}

/// The values that an action without `self.stream` may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the answer of an action",
    label = "not a response",
    note = "an action that does not stream is an axum handler: what it returns implements `axum::response::IntoResponse`"
)]
pub trait ActionAnswer: IntoResponse {}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> ActionAnswer for T {}

/// The response of an action that does not stream.
pub fn answer(value: impl ActionAnswer) -> Response {
    value.into_response()
}

/// The error of an action that failed.
#[derive(Debug)]
pub struct Thrown<E>(pub E);

#[cfg(feature = "anyhow")]
impl Thrown<anyhow::Error> {
    /// Fails as the [`Problem`] that the error holds, or else without a detail: the text of an `anyhow::Error` was written
    /// for the server's operators.
    pub fn __outcome(self) -> Outcome {
        Err(match self.0.downcast::<Problem>() {
            Ok(problem) => Failure::returned(problem),
            Err(error) => Failure::broken(format!("{error:#}")),
        })
    }
}

/// The row of every other error: it describes itself through `IntoResponse`.
pub trait AsFailure<E> {
    /// The error's response, as axum would make it.
    fn __outcome(self) -> Outcome
    where
        E: ActionError;
}

impl<E> AsFailure<E> for Thrown<E> {
    fn __outcome(self) -> Outcome
    where
        E: ActionError,
    {
        Err(Failure::returned(self.0.into_error_response()))
    }
}
