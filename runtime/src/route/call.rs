//! One request to an action: hands out the arguments one by one, then opens the response.

#![expect(clippy::result_large_err, reason = "a rejection is a response, as in axum")]

use std::sync::Arc;

use axum::{
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use futures_core::future::BoxFuture;

use super::{Surroundings, opening::Opening, whole_path};
use crate::{
    engine::{make_span::MakeFrom, unread_body::UnreadBody},
    format::{
        negotiate::{Negotiated, negotiate},
        notes::Notes,
    },
    head::held::UnopenedHead,
    options::Options,
    run::{Runs, request::RunRequest},
};

/// One request to an action.
#[derive(Debug)]
pub struct Call<S> {
    state: S,
    pub(super) parts: Parts,
    surroundings: Surroundings,
    unread_body: UnreadBody,
    head: UnopenedHead,
    /// The part of the request that concerns its run, if the action is resumable.
    run: Option<Box<RunRequest>>,
}

impl<S: Send + Sync> Call<S> {
    pub(super) fn new(route: Arc<str>, options: &'static Options, runs: Runs, state: S, request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let mut unread_body = UnreadBody::new(body);
        // Read before the arguments take the request apart.
        let run = options.resumable.as_ref().map(|resumable| {
            let request = RunRequest::new(resumable, options.formats.query, &parts, whole_path(&parts));
            unread_body.wrap(|body| request.body.of(body));
            Box::new(request)
        });
        let surroundings = Surroundings::of(&parts, route, options, runs);
        Self { state, parts, surroundings, unread_body, head: UnopenedHead::default(), run }
    }

    /// The path's parameters, decoded.
    pub async fn params(&mut self) -> Result<RawPathParams, Response> {
        RawPathParams::from_request_parts(&mut self.parts, &()).await.map_err(IntoResponse::into_response)
    }

    /// Lets extractors find the head of the response.
    fn offer_head(&mut self) {
        let Surroundings { options, .. } = self.surroundings;
        self.head.offer(options.streams, self.run.is_some(), &mut self.parts.extensions);
    }

    /// Turns this into a call whose arguments have all been taken.
    pub fn ready(self) -> Ready {
        let Self { parts, surroundings, unread_body, head, run, .. } = self;
        Ready::new(&parts, surroundings, unread_body, head, run)
    }
}

/// An argument from the request's head. Its future is boxed, so that its type names no trait: otherwise rustc would
/// report a type that is not an extractor again wherever the future is polled.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of this action",
    label = "neither a path parameter nor an extractor",
    note = "an argument is a parameter of the path by its name (an `id` with `path = \"/{{id}}\"`), or an axum extractor such as `Query<T>`; only the last one may take the body",
    note = "`State<T>` needs `state = …` in `#[controller(…)]`"
)]
pub trait Argument<S>: Sized {
    /// Takes the argument.
    fn take(call: &mut Call<S>) -> BoxFuture<'_, Result<Self, Response>>;
}

#[diagnostic::do_not_recommend]
impl<T: FromRequestParts<S>, S: Send + Sync> Argument<S> for T {
    fn take(call: &mut Call<S>) -> BoxFuture<'_, Result<T, Response>> {
        Box::pin(async {
            call.offer_head();
            T::from_request_parts(&mut call.parts, &call.state).await.map_err(IntoResponse::into_response)
        })
    }
}

/// The last argument, which may take the body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of this action",
    label = "neither a path parameter nor an extractor",
    note = "an argument is a parameter of the path by its name (an `id` with `path = \"/{{id}}\"`), or an axum extractor such as `Query<T>` or `Json<T>`",
    note = "`State<T>` needs `state = …` in `#[controller(…)]`"
)]
pub trait LastArgument<S, M>: Sized {
    /// Takes the argument.
    fn take(call: Call<S>) -> BoxFuture<'static, Result<(Self, Ready), Response>>;
}

#[diagnostic::do_not_recommend]
impl<T: FromRequest<S, M>, S: Send + Sync + 'static, M> LastArgument<S, M> for T {
    fn take(mut call: Call<S>) -> BoxFuture<'static, Result<(T, Ready), Response>> {
        Box::pin(async move {
            call.offer_head();
            let late = LateParts::of(&mut call);
            let Call { state, parts, surroundings, unread_body, head, run } = call;
            // The extractor takes the head of the request. Its own rejection comes first.
            let mut ready = Ready::new(&parts, surroundings, unread_body, head, run);
            let request = Request::from_parts(parts, ready.unread_body.lend());
            let value = T::from_request(request, &state).await.map_err(IntoResponse::into_response)?;
            if let Some(late) = late {
                ready.format = negotiate(&late.into_parts(), ready.surroundings.options.formats);
            }
            Ok((value, ready))
        })
    }
}

/// A copy of the request's head, for formats that are made after the body has been read.
struct LateParts {
    parts: Parts,
    notes: Notes,
}

impl LateParts {
    /// `None` if no format of the action waits for the body. Otherwise the extractor finds the notes in its request.
    fn of<S>(call: &mut Call<S>) -> Option<Self> {
        let formats = call.surroundings.options.formats.formats;
        formats.iter().any(|format| format.after_body).then(|| {
            let notes = Notes::default();
            let parts = call.parts.clone();
            call.parts.extensions.insert(notes.clone());
            Self { parts, notes }
        })
    }

    fn into_parts(mut self) -> Parts {
        self.notes.move_into(&mut self.parts.extensions);
        self.parts
    }
}

/// A call whose arguments have all been taken.
#[derive(Debug)]
pub struct Ready {
    /// The format, or the answer that there is none.
    pub(super) format: Result<Negotiated, Response>,
    pub(super) surroundings: Surroundings,
    pub(super) unread_body: UnreadBody,
    pub(super) head: UnopenedHead,
    pub(super) run: Option<Box<RunRequest>>,
}

impl Ready {
    /// Reads from the request's head whatever the response needs of it.
    fn new(
        parts: &Parts,
        mut surroundings: Surroundings,
        unread_body: UnreadBody,
        head: UnopenedHead,
        run: Option<Box<RunRequest>>,
    ) -> Self {
        surroundings.make_span = MakeFrom::of(parts);
        Self { format: negotiate(parts, surroundings.options.formats), surroundings, unread_body, head, run }
    }

    /// Finds the format of the response, and room for the stream.
    ///
    /// # Errors
    /// 406 if no format is acceptable, 503 if no stream is admitted, and 204 for an `EventSource` that has seen the end
    /// already: it reconnects after every end, and only this status stops it (WHATWG HTML, section 9.2.3). A client of an
    /// `end_event` gets that event again in its place.
    pub fn open(self) -> Result<Opening, Response> {
        Opening::of(self)
    }
}
