//! A response in the making: for the one client of an action, or for all that follow its run.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use std::{fmt, mem};

use axum::{
    http::{StatusCode, header::VARY},
    response::{IntoResponse as _, Response},
};
use futures_core::future::BoxFuture;

use super::{Surroundings, call::Ready};
#[cfg(feature = "test")]
use crate::engine::witness::Witness;
use crate::{
    engine::{
        channel::Sender,
        outcome::Outcome,
        supervise::Admission,
        telemetry::{Labels, shed},
        unread_body::UnreadBody,
    },
    format::{self, negotiate::Negotiated, sse, stream_headers},
    response::{live::Live, refusal::Refusal},
    run::{problem::no_store, start::Start},
    server::places::Place,
};

/// A response whose format is known and whose action has not started.
pub struct Opening {
    kind: Target,
    unread_body: UnreadBody,
    /// Whether the request asks only for the head.
    is_head: bool,
    #[cfg(feature = "test")]
    witness: Option<Witness>,
}

enum Target {
    Live(Box<Live>),
    Run(Box<Start>),
}

impl Opening {
    /// Finds the format of the response, and room for the stream: see [`Ready::open`].
    pub(super) fn of(ready: Ready) -> Result<Self, Response> {
        let Ready { format, mut surroundings, unread_body, head, run } = ready;
        let (options, is_head) = (surroundings.options, surroundings.is_head);
        let keys = mem::take(&mut surroundings.keys);
        #[cfg(feature = "test")]
        let witness = surroundings.witness.clone();
        let format = format?;
        if run.is_none() && has_seen_the_end(&format) {
            return Err(match format.end_event {
                Some(event) => {
                    let headers = stream_headers(format.format, &*format.into_writer());
                    (headers, sse::end_again(event)).into_response()
                }
                None => (StatusCode::NO_CONTENT, [(VARY, format::VARY)]).into_response(),
            });
        }
        let head = head.open();
        let refusal = Refusal::new(&format);
        let place = surroundings.drain.as_ref().map_or(Ok(Place::default()), |drain| drain.admit(keys));
        let kind = match run {
            Some(request) => {
                let context = surroundings.of_run(request.resumable);
                Target::Run(Box::new(Start::new(context, *request, format, head, place, refusal)))
            }
            None => {
                let Surroundings { route, drain, make_span, .. } = surroundings;
                let labels = Labels { route, format: format.format.name };
                let place = place.map_err(|why| {
                    shed(&labels, make_span.as_ref());
                    refusal.into_response(why)
                })?;
                Target::Live(Box::new(Live::new(
                    options,
                    format,
                    head,
                    labels,
                    make_span,
                    Admission { drain, _place: place },
                    refusal,
                )))
            }
        };
        Ok(Self {
            kind,
            unread_body,
            is_head,
            #[cfg(feature = "test")]
            witness,
        })
    }

    /// Runs the action, unless the request asks only for the head. `body` makes its future from the sender.
    pub fn run(self, body: impl FnOnce(Sender) -> BoxFuture<'static, Outcome>) -> BoxFuture<'static, Response> {
        let sender = self.sender();
        self.answer(body(sender))
    }

    fn sender(&self) -> Sender {
        match &self.kind {
            Target::Live(live) => live.sender(),
            Target::Run(start) => start.sender(),
        }
    }

    /// Boxes the response's future, apart from `run`: it is compiled once, and not with each action.
    fn answer(self, body: BoxFuture<'static, Outcome>) -> BoxFuture<'static, Response> {
        Box::pin(self.respond(body))
    }

    async fn respond(self, body: BoxFuture<'static, Outcome>) -> Response {
        #[cfg(feature = "test")]
        let body = match self.witness.clone() {
            Some(witness) => witness.watch(body, self.sender(), matches!(self.kind, Target::Run(_))),
            None => body,
        };
        let Self { kind, unread_body, is_head, .. } = self;
        match kind {
            Target::Live(live) if is_head => live.head(),
            Target::Live(live) => live.run(body, unread_body).await,
            // Boxed, because this future is far larger than the other, and only one of them is needed.
            Target::Run(start) => no_store(Box::pin(start.run(body, unread_body)).await),
        }
    }
}

fn has_seen_the_end(format: &Negotiated) -> bool {
    format.last_event_id.as_ref().is_some_and(|id| id == sse::END_ID) && format.format.is_event_stream()
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening")
    }
}
