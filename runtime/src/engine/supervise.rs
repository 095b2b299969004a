//! An action that a request called, under supervision: its driver, and everything that may end it from outside. That is
//! its deadline, the end of its server, and a client that goes away.

use std::{
    convert::identity,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::{Stream, future::BoxFuture, stream::BoxStream};
use futures_util::{StreamExt as _, stream};
use tokio::{runtime::Handle, task::coop::consume_budget};

use super::{
    channel::{Batch, Channel},
    driver::{self, drive},
    failure::Failure,
    limit::Limits,
    outcome::Outcome,
    telemetry::StreamSpan,
    unread_body::UnreadBody,
};
use crate::{
    options::OnDisconnect,
    server::{drain::Drain, places::Place},
};

/// One step of a supervised action. The end has the result as JSON, if there is one, or the failure.
pub(crate) type ActionStep<B> = driver::Step<B, Option<Vec<u8>>>;

/// The steps of an action. If the client is gone, they end without [`ActionStep::Ended`].
pub(crate) struct Supervised<B: Batch> {
    /// `None` once it has been left to itself.
    action: Option<Action<B>>,
    on_disconnect: OnDisconnect,
}

/// The means to supervise an action.
pub(crate) struct Supervision {
    pub(crate) limits: Limits,
    pub(crate) on_disconnect: OnDisconnect,
    /// The rest of the request, which shows when the client leaves.
    pub(crate) unread_body: UnreadBody,
    pub(crate) admission: Admission,
    pub(crate) span: StreamSpan,
}

/// The admission of a stream to its server.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    pub(crate) drain: Option<Drain>,
    /// Its place among the streams that may be open.
    pub(crate) _place: Place,
}

/// An action that runs. The fields that each poll reads come first: with a thousand idle streams, each line of memory
/// is a cache miss.
#[repr(C)]
struct Action<B: Batch> {
    steps: BoxStream<'static, driver::Step<B, Outcome>>,
    limits: Limits,
    unread_body: UnreadBody,
    span: StreamSpan,
    channel: Arc<Channel<B>>,
    has_ended: bool,
    admission: Admission,
}

impl<B: Batch> Supervised<B> {
    pub(crate) fn new(body: BoxFuture<'static, Outcome>, channel: Arc<Channel<B>>, supervision: Supervision) -> Self {
        let Supervision { limits, on_disconnect, unread_body, admission, span } = supervision;
        let steps = Box::pin(drive(channel.clone(), body, Outcome::is_err));
        let action = Action { steps, limits, unread_body, span, channel, has_ended: false, admission };
        Self { action: Some(action), on_disconnect }
    }

    /// Drops the action where it waits. Its span, and its place among the streams, stay until this is dropped.
    ///
    /// # Panics
    /// If a destructor in the action does. It is stopped all the same.
    pub(crate) fn stop(&mut self) {
        if let Some(action) = &mut self.action {
            action.has_ended = true;
            action.steps = stream::empty().boxed();
        }
    }

    /// Whether packets [wait for company](super::linger).
    pub(crate) fn lingers(&self) -> bool {
        self.action.as_ref().is_some_and(|action| action.channel.lingers())
    }

    /// The span of the stream, while the action is supervised.
    pub(crate) fn span(&mut self) -> Option<&mut StreamSpan> {
        self.action.as_mut().map(|action| &mut action.span)
    }
}

impl<B: Batch> Stream for Supervised<B> {
    type Item = ActionStep<B>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ActionStep<B>>> {
        match &mut self.get_mut().action {
            Some(action) => action.poll_next(cx),
            None => Poll::Ready(None),
        }
    }
}

impl<B: Batch> Unpin for Supervised<B> {}

impl<B: Batch> Action<B> {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<ActionStep<B>>> {
        if self.unread_body.poll_gone(cx).is_ready() {
            return Poll::Ready(None);
        }
        if let Some(limit) = self.limits.reached() {
            self.channel.stop(Failure::limit(limit));
        }
        loop {
            let entered = self.span.enter();
            let polled = self.steps.as_mut().poll_next(cx);
            drop(entered);
            if let Poll::Ready(step) = polled {
                return Poll::Ready(step.map(|step| self.note(step)));
            }
            // Only an action that waits needs to be woken.
            let limit = ready!(self.limits.poll(cx));
            self.channel.stop(Failure::limit(limit));
        }
    }

    /// Notes a step in the stream's span.
    fn note(&mut self, step: driver::Step<B, Outcome>) -> ActionStep<B> {
        match step {
            driver::Step::Batch(taken) => {
                // Without metrics the span records the count once, when it closes.
                if cfg!(feature = "metrics") {
                    self.span.packets(self.channel.packets());
                }
                ActionStep::Batch(taken)
            }
            driver::Step::Ended(batch, end) => {
                let end = end.and_then(identity);
                self.has_ended = true;
                self.span.packets(self.channel.packets());
                self.span.end(&end);
                if let Err(failure) = &end {
                    self.span.span().in_scope(|| failure.log());
                }
                ActionStep::Ended(batch, end)
            }
        }
    }
}

impl<B: Batch> Drop for Action<B> {
    fn drop(&mut self) {
        self.span.packets(self.channel.packets());
    }
}

/// The client is gone. An action with `on_disconnect = finish` goes on, and its packets are discarded.
impl<B: Batch> Drop for Supervised<B> {
    fn drop(&mut self) {
        let goes_on = |action: &mut Action<B>| !action.has_ended && self.on_disconnect == OnDisconnect::Finish;
        let Some(mut action) = self.action.take_if(goes_on) else { return };
        action.unread_body = UnreadBody::default();
        action.limits.client_has_left();
        // Outside of a runtime nothing could finish it.
        if let Ok(runtime) = Handle::try_current() {
            let detached = action.admission.drain.as_ref().map(Drain::detached);
            let rest = Self { action: Some(action), on_disconnect: OnDisconnect::Cancel };
            runtime.spawn(async move {
                let _detached = detached;
                // An action that waits for nothing but its client would never let other tasks run.
                rest.for_each(async |_| consume_budget().await).await;
            });
        }
    }
}
