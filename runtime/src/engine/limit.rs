//! The limits that end an action from outside: its deadline, its age, and the end of its server.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::http::StatusCode;
use tokio::time::{Instant, Sleep, sleep};

use crate::{
    options::{OnShutdown, Options},
    retry::{AGED, SHUTTING_DOWN, spread},
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
    /// Its response has reached its `max_age`.
    Age,
}

impl Limit {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Shutdown | Self::Close | Self::Age => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Timeout => "the action took too long",
            Self::Shutdown | Self::Close => SHUTTING_DOWN,
            Self::Age => AGED,
        }
    }

    /// Whether the client is told to come back, instead of being told of a failure.
    pub(crate) fn comes_back(self) -> bool {
        matches!(self, Self::Close | Self::Age)
    }
}

/// The limits of one action.
pub(crate) struct Limits {
    /// The action's `timeout`.
    timeout: Option<Pin<Box<Sleep>>>,
    /// The `max_age` of its response.
    age: Option<Pin<Box<Sleep>>>,
    /// The phase of the server that ends the action, and the limit to report then.
    shutdown: Option<(Reached, Limit)>,
}

impl Limits {
    /// The limits of an action that runs for one client.
    pub(crate) fn of_live(options: &Options, drain: Option<&Drain>) -> Self {
        let (phase, limit) = match options.on_shutdown {
            OnShutdown::Finish => (Phase::Over, Limit::Shutdown),
            OnShutdown::Close => (Phase::Draining, Limit::Close),
        };
        Self {
            timeout: options.timeout.map(timer),
            age: options.max_age.map(|age| timer(spread(age))),
            shutdown: drain.map(|drain| (drain.wait_for(phase), limit)),
        }
    }

    /// The limits of a run, whose followers come and go.
    pub(crate) fn of_run(options: &Options, drain: Option<&Drain>) -> Self {
        Self {
            timeout: options.timeout.map(timer),
            age: None,
            shutdown: drain.map(|drain| (drain.wait_for(Phase::Over), Limit::Shutdown)),
        }
    }

    /// Forgets the age of the response, for an action that goes on without its client.
    pub(crate) fn client_has_left(&mut self) {
        self.age = None;
    }

    /// Returns the first limit that is reached, once. No timer wakes an action that is never pending, so this looks at
    /// the clock.
    pub(crate) fn reached(&mut self) -> Option<Limit> {
        let is_over =
            |timer: &Option<Pin<Box<Sleep>>>| timer.as_ref().is_some_and(|it| Instant::now() >= it.deadline());
        let limit = match &self.shutdown {
            _ if is_over(&self.timeout) => Limit::Timeout,
            _ if is_over(&self.age) => Limit::Age,
            Some((shutdown, limit)) if shutdown.is_reached() => *limit,
            _ => return None,
        };
        *self = Self { timeout: None, age: None, shutdown: None };
        Some(limit)
    }

    /// Ready once, with the first limit that is reached.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Limit> {
        let mut is_over = |timer: &mut Option<Pin<Box<Sleep>>>| {
            timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
        };
        let is_over = is_over(&mut self.timeout)
            || is_over(&mut self.age)
            || self.shutdown.as_mut().is_some_and(|(shutdown, _)| shutdown.poll(cx).is_ready());
        if is_over { self.reached().map_or(Poll::Pending, Poll::Ready) } else { Poll::Pending }
    }
}

fn timer(time: Duration) -> Pin<Box<Sleep>> {
    Box::pin(sleep(time))
}
