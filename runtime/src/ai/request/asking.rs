//! The extraction of a request: its body is read, refused in the protocol's words, and leaves its notes for the format.

use axum::extract::Request;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::body::Body;
use crate::ai::asked::Asked;
use crate::format::problem::Problem;

/// The request of one protocol.
pub(super) trait Asking: DeserializeOwned {
    /// The format that answers it.
    const FORMAT: &'static str;

    /// What the format has to know.
    fn asked(&self) -> Asked;

    /// The member `error` of a refusal, where the protocol's clients read one.
    fn error(problem: &Problem) -> Option<Value> {
        let _ = problem;
        None
    }

    /// Reads the request from its body.
    fn read(body: &Body) -> Result<Self, Problem> {
        let request: Self = body.json().map_err(with_error::<Self>)?;
        body.leave(Self::FORMAT, request.asked());
        Ok(request)
    }
}

/// Reads a request, for its `FromRequest`.
pub(super) async fn extract<T: Asking, S: Send + Sync>(request: Request, state: &S) -> Result<T, Problem> {
    T::read(&Body::of(request, state).await.map_err(with_error::<T>)?)
}

fn with_error<T: Asking>(problem: Problem) -> Problem {
    match T::error(&problem) {
        Some(error) => problem.with("error", error),
        None => problem,
    }
}
