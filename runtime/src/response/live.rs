//! An action that answers its one client. The head is held: status and headers wait until the outcome is known.

use std::{
    convert::Infallible,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Version},
    response::Response,
};
use futures_core::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::time::sleep;
use tracing::{Instrument as _, Span};

use super::{
    body::{Frames, Heartbeat, Output, StreamBody},
    frame::Frame,
    refusal::Refusal,
};
use crate::{
    engine::{
        channel::{Batch as _, Channel, Sender, Taken},
        limit::{Limit, Limits},
        make_span::MakeFrom,
        outcome::Outcome,
        supervise::{ActionStep, Admission, Supervised, Supervision},
        telemetry::{Labels, StreamSpan},
        unread_body::UnreadBody,
        unsent::Unsent,
    },
    format::{Ending, negotiate::Negotiated, problem::Problem, stream_headers},
    head::{held::HeldHead, parts::SavedAs},
    options::Options,
    retry::TurnedAway,
    server::drain::Drain,
};

/// The response to the one client of an action, which has not started.
pub(crate) struct Live {
    options: &'static Options,
    labels: Labels,
    make_span: Option<MakeFrom>,
    admission: Admission,
    refusal: Refusal,
    version: Version,
    /// Whether a failure before the first packet is part of the stream too.
    fails_in_stream: bool,
    /// How long the head is held.
    open_after: Duration,
    headers: HeaderMap,
    /// The head that the action may set, and how the response would be saved.
    head: Option<(HeldHead, SavedAs)>,
    /// The bytes of a heartbeat.
    heartbeat: &'static [u8],
    channel: Arc<Channel<Frame>>,
}

impl Live {
    pub(crate) fn new(
        options: &'static Options,
        negotiated: Negotiated,
        head: Option<HeldHead>,
        labels: Labels,
        make_span: Option<MakeFrom>,
        admission: Admission,
        refusal: Refusal,
    ) -> Self {
        let (representation, version) = (negotiated.format, negotiated.version);
        let fails_in_stream = negotiated.end_event.is_some();
        let format = negotiated.into_writer();
        let headers = stream_headers(representation, &*format);
        let heartbeat = format.heartbeat();
        let open_after = if format.is_document() { Duration::MAX } else { options.open_after };
        let saved = head.as_ref().map(|_| SavedAs::of(representation, &*format));
        let channel = Channel::new(Frame::new(format, head.clone()));
        Self {
            options,
            labels,
            make_span,
            admission,
            refusal,
            version,
            fails_in_stream,
            open_after,
            headers,
            head: head.zip(saved),
            heartbeat,
            channel,
        }
    }

    /// The sender for the action's body.
    pub(crate) fn sender(&self) -> Sender {
        self.channel.sender()
    }

    /// The head alone, as a `HEAD` request gets it.
    pub(crate) fn head(self) -> Response {
        // The length is unknown, like that of the stream itself: an empty body would claim that there is nothing.
        respond(self.headers, Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()))
    }

    /// Runs the action and answers as soon as it can: at the first packet, at the end of the action, or after
    /// `open_after`. So an action that fails before its first packet answers with its own status and headers.
    pub(crate) async fn run(self: Box<Self>, body: BoxFuture<'static, Outcome>, unread_body: UnreadBody) -> Response {
        // It stays in its box, because what it moves out is copied into the future.
        let live = self;
        let (options, channel) = (live.options, live.channel);
        let drain = live.admission.drain.clone();
        let supervision = Supervision {
            limits: Limits::of_live(options, drain.as_ref()),
            on_disconnect: options.on_disconnect,
            unread_body,
            admission: live.admission,
            span: StreamSpan::open(live.labels, live.make_span.as_ref()),
        };
        let mut action = Supervised::new(body, channel.clone(), supervision);
        // Most actions have a packet at once, and then no timer is set up.
        let mut limit = None;
        let step = poll_fn(|cx| match action.poll_next_unpin(cx) {
            Poll::Ready(step) => Poll::Ready(Some(step)),
            Poll::Pending => {
                let limit = limit.get_or_insert_with(|| Box::pin(sleep(live.open_after)));
                limit.poll_unpin(cx).map(|()| None)
            }
        });
        let step = match step.await {
            Some(Some(ActionStep::Ended(mut frame, Err(failure)))) if frame.is_empty() => match failure.by_limit() {
                Some(Limit::Shutdown | Limit::Close) => return live.refusal.into_response(TurnedAway::Stopping),
                Some(Limit::Age) => return live.refusal.into_response(TurnedAway::Aged),
                Some(Limit::Timeout) | None if live.fails_in_stream => Some(ActionStep::Ended(frame, Err(failure))),
                Some(Limit::Timeout) | None => {
                    return match frame.format().early_failure() {
                        Some(words) => Box::pin(failure.into_response_in(words)).await,
                        None => failure.into_response(),
                    };
                }
            },
            // Nobody reads this.
            Some(None) => return Problem::of_broken_request().to_response(),
            Some(Some(step)) => Some(step),
            // The time is up.
            None => None,
        };
        let parts = live.head.map(|(head, saved)| (head.leave(), saved));
        let mut frames = LiveFrames { failing: None, action, unsent: channel.unsent.clone(), drain };
        let first = match step {
            Some(step) => frames.output(step),
            None => channel.lock().batch.as_mut().map(|frame| Output::from(frame.open())),
        };
        let heartbeat = Heartbeat::new(live.heartbeat, options.heartbeat);
        let mut response = respond(live.headers, Body::new(StreamBody::new(first, frames, heartbeat, live.version)));
        if let Some((parts, saved)) = parts {
            parts.put(saved, &mut response);
        }
        response
    }
}

fn respond(headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    response
}

/// The frames of an action that answers its one client.
#[repr(C)]
struct LiveFrames {
    /// The last frame of an action that failed, while the error's own description is being read.
    failing: Option<BoxFuture<'static, (Vec<u8>, Ending)>>,
    action: Supervised<Frame>,
    unsent: Arc<Unsent>,
    /// The server, until it knows that this response must not be held back.
    drain: Option<Drain>,
}

impl LiveFrames {
    /// The output of a step, if there is any yet.
    fn output(&mut self, step: ActionStep<Frame>) -> Option<Output> {
        match step {
            ActionStep::Batch(Taken { packets, is_due }) => Some(Output::Frame { bytes: packets, is_due }),
            ActionStep::Ended(mut frame, Ok(result)) => {
                Some(Output::Last(frame.done(result.as_deref()), Ending::Clean))
            }
            ActionStep::Ended(mut frame, Err(failure)) if failure.by_limit().is_some_and(Limit::comes_back) => {
                Some(frame.come_back().into())
            }
            ActionStep::Ended(mut frame, Err(failure)) => {
                let before = frame.take();
                let span = self.action.span().map_or_else(Span::none, |span| span.span().clone());
                let failing = async move { frame.failed(&failure.into_problem().await) };
                self.failing = Some(Box::pin(failing.instrument(span)));
                (!before.is_empty()).then(|| before.into())
            }
        }
    }
}

impl Frames for LiveFrames {
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<Output>> {
        loop {
            if let Some(failing) = &mut self.failing {
                return failing.poll_unpin(cx).map(|last| Some(last.into()));
            }
            let polled = self.action.poll_next_unpin(cx);
            if self.unsent.is_watched() {
                if let Some(drain) = self.drain.take() {
                    drain.send_at_once();
                }
            }
            let Some(step) = ready!(polled) else { return Poll::Ready(None) };
            if let Some(output) = self.output(step) {
                return Poll::Ready(Some(output));
            }
        }
    }

    fn unsent(&self) -> Option<Arc<Unsent>> {
        Some(self.unsent.clone())
    }

    fn lingers(&self) -> bool {
        self.action.lingers()
    }

    fn sent(&mut self, bytes: usize) {
        if let Some(span) = self.action.span() {
            span.sent(bytes);
        }
    }
}
