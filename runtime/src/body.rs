//! The body of a streamed response: the driver's batches as frames, then the format's ending.

use std::{
    convert::{Infallible, identity},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::{future::BoxFuture, stream::BoxStream};
use http_body::{Body, Frame as HttpFrame};

use crate::{failure::Failure, frame::Frame, generator::Step, outcome::Outcome, outlet::Batch as _};

/// The steps of an action whose packets gather in frames.
pub(crate) type Steps = BoxStream<'static, Step<Frame, Outcome>>;

/// A body of our own, because `Body::from_stream` would make a frame of each packet, and peers close HTTP/2
/// connections over many small frames.
pub(crate) struct StreamBody {
    action: &'static str,
    state: State,
}

enum State {
    Streaming {
        /// The step that opened the response goes out first.
        first: Option<Step<Frame, Outcome>>,
        steps: Steps,
    },
    /// The error's own description is being read, for the last frame.
    Failing(BoxFuture<'static, Bytes>),
    Over,
}

impl StreamBody {
    pub(crate) fn new(action: &'static str, first: Option<Step<Frame, Outcome>>, steps: Steps) -> Self {
        Self { action, state: State::Streaming { first, steps } }
    }

    /// Gives out the packets before the failure, which may take its time.
    fn fail(&mut self, mut frame: Frame, failure: Failure) -> Option<Bytes> {
        failure.log(self.action);
        let before = frame.take();
        self.state = State::Failing(Box::pin(async move { frame.failed(&failure.into_problem().await) }));
        before
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<HttpFrame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let bytes = loop {
            match &mut this.state {
                State::Streaming { first, steps } => {
                    let step = match first.take() {
                        Some(step) => step,
                        None => match ready!(steps.as_mut().poll_next(cx)) {
                            Some(step) => step,
                            None => return Poll::Ready(None),
                        },
                    };
                    match step {
                        Step::Batch(bytes) => break bytes,
                        Step::Ended(frame, end) => match end.and_then(identity) {
                            Ok(result) => {
                                this.state = State::Over;
                                break frame.done(result.as_deref());
                            }
                            Err(failure) => {
                                if let Some(before) = this.fail(frame, failure) {
                                    break before;
                                }
                            }
                        },
                    }
                }
                State::Failing(last) => {
                    let bytes = ready!(last.as_mut().poll(cx));
                    this.state = State::Over;
                    break bytes;
                }
                State::Over => return Poll::Ready(None),
            }
        };
        Poll::Ready(Some(Ok(HttpFrame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Over)
    }
}
