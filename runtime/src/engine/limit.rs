//! The limits that end an action from outside: its deadline, and the end of its server.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::http::StatusCode;
use tokio::time::{Instant, Sleep, sleep};

use crate::{
    options::{OnShutdown, Options},
    retry::SHUTTING_DOWN,
    server::{
        drain::Drain,
        phase::{Phase, Reached},
    },
};

/// A limit that ended an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Its `timeout` has expired.
    Timeout,
    /// The grace period of its server is over.
    Shutdown,
    /// Its server is stopping, and the action says `on_shutdown = close`.
    Close,
}

impl Limit {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Shutdown | Self::Close => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Timeout => "the action took too long",
            Self::Shutdown | Self::Close => SHUTTING_DOWN,
        }
    }
}

/// The limits of one action.
pub(crate) struct Limits {
    deadline: Option<Pin<Box<Sleep>>>,
    /// The phase of the server that ends the action, and the limit to report then.
    shutdown: Option<(Reached, Limit)>,
}

impl Limits {
    /// The limits of an action that runs for one client.
    pub(crate) fn of_live(options: &Options, drain: Option<&Drain>) -> Self {
        match options.on_shutdown {
            OnShutdown::Finish => Self::of_run(options, drain),
            OnShutdown::Close => Self::until(Phase::Draining, Limit::Close, options, drain),
        }
    }

    /// The limits of a run, whose followers come and go.
    pub(crate) fn of_run(options: &Options, drain: Option<&Drain>) -> Self {
        Self::until(Phase::Over, Limit::Shutdown, options, drain)
    }

    fn until(phase: Phase, limit: Limit, options: &Options, drain: Option<&Drain>) -> Self {
        Self {
            deadline: options.timeout.map(|timeout| Box::pin(sleep(timeout))),
            shutdown: drain.map(|drain| (drain.wait_for(phase), limit)),
        }
    }

    /// Returns the first limit that is reached, once. No timer wakes an action that is never pending, so this looks at
    /// the clock.
    pub(crate) fn reached(&mut self) -> Option<Limit> {
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
