//! An action under supervision: its driver, and what may end it from outside. That is its deadline, the end of its
//! server, and a client that goes away.

use std::{
    convert::identity,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::{Stream, future::BoxFuture, stream::BoxStream};
use futures_util::StreamExt as _;
use tokio::{
    runtime::Handle,
    sync::OwnedSemaphorePermit,
    task::coop::consume_budget,
    time::{Instant, Sleep, sleep},
};

use crate::{
    account::Account,
    channel::Channel,
    drain::Drain,
    failure::{Failure, Limit},
    frame::{Frame, Packed},
    generator::{self, drive},
    options::{OnDisconnect, OnShutdown, Options},
    outcome::Outcome,
    phase::{Phase, Reached},
    remains::Remains,
};

/// One step of an action that answers a request.
pub(crate) enum Step {
    /// Packets that were ready together.
    Packets(Packed),
    /// The end, with the frame to write it into: the result as JSON, if there is one, or the failure.
    Ended(Frame, Outcome),
}

/// The steps of an action. Without [`Step::Ended`] they end when the client is gone.
pub(crate) struct Supervised {
    /// `None` once it has been left to itself.
    run: Option<Run>,
    on_disconnect: OnDisconnect,
}

/// What each poll looks at comes first: of a thousand idle streams, each line of memory is a miss of the cache.
#[repr(C)]
struct Run {
    steps: BoxStream<'static, generator::Step<Frame, Outcome>>,
    limits: Limits,
    remains: Remains,
    account: Account,
    channel: Arc<Channel<Frame>>,
    has_ended: bool,
    drain: Option<Drain>,
    /// Its place among the streams that may be open.
    _permit: Option<OwnedSemaphorePermit>,
}

/// What a stream was let in with.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    pub(crate) drain: Option<Drain>,
    pub(crate) permit: Option<OwnedSemaphorePermit>,
}

impl Supervised {
    pub(crate) fn new(
        body: BoxFuture<'static, Outcome>,
        channel: Arc<Channel<Frame>>,
        options: &Options,
        admission: Admission,
        remains: Remains,
        account: Account,
    ) -> Self {
        let run = Run {
            steps: Box::pin(drive(channel.clone(), body, Outcome::is_err)),
            channel,
            limits: Limits::new(options, admission.drain.as_ref()),
            remains,
            account,
            has_ended: false,
            drain: admission.drain,
            _permit: admission.permit,
        };
        Self { run: Some(run), on_disconnect: options.on_disconnect }
    }

    /// What keeps an idle connection open; empty where there is no such thing.
    pub(crate) fn heartbeat(&self) -> Vec<u8> {
        let beat = |run: &Run| Some(run.channel.lock().batch.as_ref()?.heartbeat());
        self.run.as_ref().and_then(beat).unwrap_or_default()
    }

    /// Counts bytes that go out.
    pub(crate) fn count(&mut self, bytes: usize) {
        if let Some(run) = &mut self.run {
            run.account.sent(bytes);
        }
    }
}

impl Stream for Supervised {
    type Item = Step;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        match &mut self.get_mut().run {
            Some(run) => run.poll_next(cx),
            None => Poll::Ready(None),
        }
    }
}

impl Run {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        if self.remains.poll_gone(cx).is_ready() {
            return Poll::Ready(None);
        }
        if let Some(limit) = self.limits.reached() {
            self.channel.stop(Failure::limit(limit));
        }
        loop {
            let entered = self.account.enter();
            let polled = self.steps.as_mut().poll_next(cx);
            drop(entered);
            if let Poll::Ready(step) = polled {
                return Poll::Ready(step.map(|step| self.step(step)));
            }
            // Only who waits needs to be woken.
            let limit = ready!(self.limits.poll(cx));
            self.channel.stop(Failure::limit(limit));
        }
    }

    fn step(&mut self, step: generator::Step<Frame, Outcome>) -> Step {
        match step {
            generator::Step::Batch(packed) => {
                self.account.packet();
                Step::Packets(packed)
            }
            generator::Step::Ended(frame, end) => {
                let end = end.and_then(identity);
                self.has_ended = true;
                if !frame.is_empty() {
                    self.account.packet();
                }
                self.account.end(&end);
                if let Err(failure) = &end {
                    self.account.span().in_scope(|| failure.log());
                }
                Step::Ended(frame, end)
            }
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.account.packets = self.channel.packets();
    }
}

/// The client is gone. What an action with `on_disconnect = finish` sends from now on is discarded.
impl Drop for Supervised {
    fn drop(&mut self) {
        let goes_on = |run: &mut Run| !run.has_ended && self.on_disconnect == OnDisconnect::Finish;
        let Some(mut run) = self.run.take_if(goes_on) else { return };
        run.remains = Remains::default();
        let rest = Self { run: Some(run), on_disconnect: OnDisconnect::Cancel };
        // Outside of a runtime there is none that could finish it.
        if let Ok(runtime) = Handle::try_current() {
            let detached = rest.run.as_ref().and_then(|run| run.drain.as_ref().map(Drain::detached));
            runtime.spawn(async move {
                let _detached = detached;
                // An action that waits for nothing but its client never lets others on.
                rest.for_each(async |_| consume_budget().await).await;
            });
        }
    }
}

/// What ends an action from outside.
pub(crate) struct Limits {
    deadline: Option<Pin<Box<Sleep>>>,
    /// When the server wants its end, and how it is told.
    shutdown: Option<(Reached, Limit)>,
}

impl Limits {
    /// Those of an action that runs for one client.
    fn new(options: &Options, drain: Option<&Drain>) -> Self {
        match options.on_shutdown {
            OnShutdown::Finish => Self::of_run(options, drain),
            OnShutdown::Close => Self::until(Phase::Draining, Limit::Close, options, drain),
        }
    }

    /// Those of a run, whose followers come and go.
    pub(crate) fn of_run(options: &Options, drain: Option<&Drain>) -> Self {
        Self::until(Phase::Over, Limit::Shutdown, options, drain)
    }

    fn until(phase: Phase, limit: Limit, options: &Options, drain: Option<&Drain>) -> Self {
        Self {
            deadline: options.timeout.map(|timeout| Box::pin(sleep(timeout))),
            shutdown: drain.map(|drain| (drain.wait_for(phase), limit)),
        }
    }

    /// The first limit that is reached, told once. A task that is never pending is polled by no timer.
    fn reached(&mut self) -> Option<Limit> {
        let deadline = self.deadline.as_ref().filter(|deadline| Instant::now() >= deadline.deadline());
        let shutdown = self.shutdown.as_ref().filter(|(shutdown, _)| shutdown.is_reached());
        let limit = deadline.map(|_| Limit::Timeout).or(shutdown.map(|(_, limit)| *limit))?;
        (self.deadline, self.shutdown) = (None, None);
        Some(limit)
    }

    /// Ready once, with the first limit that is reached.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Limit> {
        if let Some(deadline) = &mut self.deadline {
            let _ = deadline.as_mut().poll(cx);
        }
        if let Some((shutdown, _)) = &mut self.shutdown {
            let _ = shutdown.poll(cx);
        }
        self.reached().map_or(Poll::Pending, Poll::Ready)
    }
}
