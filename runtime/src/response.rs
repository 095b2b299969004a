//! The held head: status and headers wait until it is known what to say.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::HeaderMap,
    response::Response,
};
use futures_core::future::BoxFuture;
use futures_util::{StreamExt as _, stream};

use crate::{
    account::{Account, Labels},
    body::StreamBody,
    channel::{Channel, Sender},
    drain::SHUTTING_DOWN,
    format::{Representation, stream_headers},
    frame::Frame,
    options::Options,
    outcome::Outcome,
    problem::Problem,
    remains::Remains,
    run::{Start, no_store},
    supervise::{Admission, Step, Supervised},
    turned::Turned,
};

/// A response in the making: its format is known, its action has not started.
pub struct Opening {
    kind: Kind,
    remains: Remains,
    /// Whether only the head is asked for.
    is_head: bool,
}

pub(crate) enum Kind {
    /// For one client.
    Live(Box<Live>),
    /// For all who follow the run.
    Run(Box<Start>),
}

impl From<Live> for Kind {
    fn from(live: Live) -> Self {
        Self::Live(Box::new(live))
    }
}

impl From<Start> for Kind {
    fn from(start: Start) -> Self {
        Self::Run(Box::new(start))
    }
}

impl Opening {
    pub(crate) fn new(kind: impl Into<Kind>, remains: Remains, is_head: bool) -> Self {
        Self { kind: kind.into(), remains, is_head }
    }

    /// Runs the action, unless only the head is asked for. `body` makes its future from the sending half.
    ///
    /// Not an `async fn`: the future is the same for every action, so it is compiled once.
    pub fn run(
        self,
        body: impl FnOnce(Sender) -> BoxFuture<'static, Outcome>,
    ) -> impl Future<Output = Response> + Send {
        let body = body(match &self.kind {
            Kind::Live(live) => live.channel.sender(),
            Kind::Run(start) => start.channel.sender(),
        });
        self.respond(body)
    }

    async fn respond(self, body: BoxFuture<'static, Outcome>) -> Response {
        let Self { kind, remains, is_head } = self;
        match kind {
            Kind::Live(live) if is_head => live.head(),
            Kind::Live(live) => live.run(body, remains).await,
            // In a box, because its future is far larger than the other, and only one of them is needed.
            Kind::Run(start) => no_store(Box::pin(start.run(body, remains)).await),
        }
    }
}

/// The response to the one client of an action.
pub(crate) struct Live {
    options: &'static Options,
    labels: Labels,
    admission: Admission,
    turned: Turned,
    headers: HeaderMap,
    channel: Arc<Channel<Frame>>,
}

impl Live {
    pub(crate) fn new(
        options: &'static Options,
        format: Representation,
        labels: Labels,
        admission: Admission,
        turned: Turned,
    ) -> Self {
        let writer = (format.writer)();
        let headers = stream_headers(format, &*writer);
        let channel = Channel::new(Frame::new(writer));
        Self { options, labels, admission, turned, headers, channel }
    }

    /// The head alone, as a `HEAD` request gets it.
    fn head(self) -> Response {
        // Of unknown length, like the stream itself: an empty body would claim that there is nothing.
        respond(self.headers, Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()))
    }

    /// Runs the action and answers as soon as it is known how: at the first packet, at the end of the action, or
    /// after `open_after`. So an action that fails before its first packet answers with its own status and headers.
    async fn run(self, body: BoxFuture<'static, Outcome>, remains: Remains) -> Response {
        let Self { options, labels, admission, turned, headers, channel } = self;
        let account = Account::open(labels);
        let mut steps = Supervised::new(body, channel, options, admission, remains, account);
        let first = match tokio::time::timeout(options.open_after, steps.next()).await {
            Ok(Some(Step::Ended(frame, Err(failure)))) if frame.is_empty() => {
                return match failure.is_shutdown() {
                    true => turned.away(SHUTTING_DOWN),
                    false => failure.into_response(),
                };
            }
            // Nobody is there to read this.
            Ok(None) => return Problem::of_broken_request().to_response(),
            Ok(step) => step,
            Err(_elapsed) => None,
        };
        respond(headers, Body::new(StreamBody::new(first, steps, options.heartbeat, turned.version)))
    }
}

fn respond(headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    response
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening")
    }
}
