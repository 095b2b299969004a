//! The held head: status and headers wait until it is known what to say.

use std::convert::{Infallible, identity};

use axum::{
    body::{Body, Bytes},
    http::HeaderMap,
    response::Response,
};
use futures_core::future::BoxFuture;
use futures_util::{StreamExt as _, stream};

use crate::{
    body::{Steps, StreamBody},
    format::{Format, stream_headers},
    frame::Frame,
    generator::{Step, drive},
    options::Options,
    outcome::Outcome,
    outlet::{Channel, Outlet},
};

/// A response in the making: its format is known, its action has not started.
pub struct Opening {
    action: &'static str,
    options: &'static Options,
    headers: HeaderMap,
    channel: std::sync::Arc<Channel<Frame>>,
}

impl Opening {
    pub(crate) fn new(action: &'static str, options: &'static Options, format: Box<dyn Format>) -> Self {
        let headers = stream_headers(&*format);
        Self { action, options, headers, channel: Channel::new(Frame::new(format)) }
    }

    /// The sending half, for the action's body.
    pub fn outlet(&self) -> Outlet {
        self.channel.outlet()
    }

    /// The head alone, as a `HEAD` request gets it.
    pub(crate) fn head(self) -> Response {
        // Of unknown length, like the stream itself: an empty body would claim that there is nothing.
        self.respond(Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()))
    }

    /// Runs the action and answers as soon as it is known how: at the first packet, at the end of the action, or
    /// after `open_after`. So an action that fails before its first packet answers with its own status and headers.
    pub(crate) async fn run(self, body: BoxFuture<'static, Outcome>) -> Response {
        let mut steps: Steps = Box::pin(drive(self.channel.clone(), body, Outcome::is_err));
        let first = match tokio::time::timeout(self.options.open_after, steps.next()).await {
            Ok(Some(Step::Ended(frame, end))) if frame.is_empty() => match end.and_then(identity) {
                Ok(result) => Some(Step::Ended(frame, Ok(Ok(result)))),
                Err(failure) => {
                    failure.log(self.action);
                    return failure.into_response();
                }
            },
            Ok(step) => step,
            Err(_elapsed) => None,
        };
        let body = StreamBody::new(self.action, first, steps);
        self.respond(Body::new(body))
    }

    fn respond(self, body: Body) -> Response {
        let mut response = Response::new(body);
        *response.headers_mut() = self.headers;
        response
    }
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("action", &self.action).finish_non_exhaustive()
    }
}
