//! The handler of an action's route.
//!
//! It is written by hand: for a closure, axum would take each request apart and put it together again, in a future and a box
//! of its own.

use std::sync::Arc;

use axum::{extract::Request, handler::Handler, response::Response};
use futures_core::future::BoxFuture;
use futures_util::{
    FutureExt as _,
    future::{Either, Map},
};

use super::{
    Answer,
    call::Call,
    rejection::{as_problem, in_stream, waits_for_end},
};
use crate::{format::negotiate::is_event_source, options::Options, response::refusal::for_event_source, run::Runs};

/// Answers the requests to one action.
pub(super) struct ActionHandler<C, S> {
    pub(super) controller: Arc<C>,
    /// The whole path of the route.
    pub(super) path: Arc<str>,
    pub(super) options: &'static Options,
    pub(super) runs: Runs,
    pub(super) answer: fn(Arc<C>, Call<S>) -> Answer,
}

impl<C, S> Clone for ActionHandler<C, S> {
    fn clone(&self) -> Self {
        let Self { options, answer, .. } = *self;
        Self { controller: self.controller.clone(), path: self.path.clone(), options, runs: self.runs.clone(), answer }
    }
}

impl<C, S> Handler<(), S> for ActionHandler<C, S>
where
    C: Send + Sync + 'static,
    S: Send + Sync + 'static,
{
    type Future = Either<Map<Answer, fn(Result<Response, Response>) -> Response>, BoxFuture<'static, Response>>;

    fn call(self, request: Request, state: S) -> Self::Future {
        let Self { controller, path, options, runs, answer } = self;
        let call = Call::new(path, options, runs, state, request);
        let comes_back = is_event_source(&call.parts.method, &call.parts.headers);
        let waiting = waits_for_end(&call.parts, options.formats);
        let answer = answer(controller, call);
        if waiting.is_none() && !options.problems && !comes_back {
            return Either::Left(answer.map(early_or_not));
        }
        Either::Right(Box::pin(async move {
            let response = match (answer.await, waiting) {
                (Err(early), Some(format)) => in_stream(early, format).await,
                (Err(early), None) if options.problems => as_problem(early).await,
                (Ok(response) | Err(response), _) => response,
            };
            if comes_back { for_event_source(response) } else { response }
        }))
    }
}

fn early_or_not(answer: Result<Response, Response>) -> Response {
    answer.unwrap_or_else(|early| early)
}
