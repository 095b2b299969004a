//! From what an action returned to how its stream ends.
//!
//! Which of the rows below holds is decided where the macro knows the method's own return type, by the order in
//! which Rust looks for a method: one on the exact type first, then one from a trait. Traits alone could not say
//! it, because a `Result` may implement `Serialize` as well.
//!
//! | returned | ends as |
//! |---|---|
//! | `Result<T, E>` | `T` by the next rows, or failed with `E` |
//! | `()` | done, without a result |
//! | `T: Serialize` | done, with `T` |

use std::convert::Infallible;

use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::failure::Failure;

/// How an action ended: its result as JSON, if it has one, or its failure.
pub(crate) type Outcome = Result<Option<Vec<u8>>, Failure>;

/// What a method returned.
#[derive(Debug)]
pub struct Returned<R>(pub R);

impl<T, E> Returned<Result<T, E>> {
    /// Every `Result` takes this row.
    pub fn ended(self) -> Result<T, E> {
        self.0
    }
}

impl<T, E> Returned<&Result<T, E>> {
    /// Whether the action failed.
    pub fn failed(self) -> bool {
        self.0.is_err()
    }
}

/// Anything but a `Result` cannot fail.
pub trait Infallibly<T> {
    /// The value itself.
    fn ended(self) -> Result<T, Infallible>;
    /// No.
    fn failed(self) -> bool;
}

impl<T> Infallibly<T> for Returned<T> {
    fn ended(self) -> Result<T, Infallible> {
        Ok(self.0)
    }

    fn failed(self) -> bool {
        false
    }
}

/// The value of an action that finished.
#[derive(Debug)]
pub struct Value<T>(pub T);

impl Value<()> {
    /// Nothing returned is no result, which is not the same as the result `null`.
    pub fn outcome(self) -> Outcome {
        Ok(None)
    }
}

/// Any other value is a result.
pub trait AsResult<T> {
    /// Writes the value as JSON.
    fn outcome(self) -> Outcome
    where
        T: ActionResult;
}

impl<T> AsResult<T> for Value<T> {
    fn outcome(self) -> Outcome
    where
        T: ActionResult,
    {
        match serde_json::to_vec(&self.0) {
            Ok(json) => Ok(Some(json)),
            Err(error) => Err(Failure::broken(format!("its result could not be written: {error}"))),
        }
    }
}

/// What an action may return, to say so where it returns something else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the result of an action",
    label = "not a result",
    note = "what an action returns is sent to the client: it implements `serde::Serialize`, or is `()`"
)]
pub trait ActionResult: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ActionResult for T {}

/// What an action may fail with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the error of an action",
    label = "not an error that a client can be told",
    note = "the error of an action implements `axum::response::IntoResponse`, or is `anyhow::Error` with the feature `anyhow` of Outflow"
)]
pub trait ActionError: Sized {
    /// The response that tells the error.
    fn told(self) -> Response;
}

/// By the `Result`, because axum's own `ErrorResponse` is a response as a part of one only.
#[diagnostic::do_not_recommend]
impl<E> ActionError for E
where
    Result<(), E>: IntoResponse,
{
    fn told(self) -> Response {
        Err::<(), E>(self).into_response()
    }
}

/// What an action that does not stream may return.
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
    /// The text of an `anyhow::Error` was written for those who run the server.
    pub fn outcome(self) -> Outcome {
        Err(Failure::broken(format!("{:#}", self.0)))
    }
}

/// Any other error says itself what its client may know.
pub trait AsFailure<E> {
    /// The error's response, as axum would make it.
    fn outcome(self) -> Outcome
    where
        E: ActionError;
}

impl<E> AsFailure<E> for Thrown<E> {
    fn outcome(self) -> Outcome
    where
        E: ActionError,
    {
        Err(Failure::returned(self.0.told()))
    }
}
