//! A run, as a test follows it and asks for its state.

use std::{borrow::Borrow, future::Future, panic::Location, time::Duration};

use axum::http::{HeaderMap, Method, Uri};
use tokio::time::{Instant, sleep};

use super::client::Client;
use crate::run::log::RunState;

/// How often a run is asked whether it has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The handle of a run, from [`Answer::run`](super::Answer::run). Any client that reaches its log can follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    path: String,
    key: Option<String>,
}

impl Run {
    /// The run that this response names, for a request to this path with this key.
    pub(super) fn of(headers: &HeaderMap, uri: &Uri, key: Option<&str>) -> Option<Self> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let location = header("location")?.strip_prefix("./")?;
        let (folder, _) = uri.path().rsplit_once('/')?;
        let key = header("run-key").or(key).map(str::to_owned);
        Some(Self { path: format!("{folder}/{location}"), key })
    }

    /// The path at which it is followed and cancelled.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The key that shows that a client may see it, if it has one.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

/// The position in a run after its packet with this number; 0 is its start.
pub fn after(packet: u64) -> After {
    After(packet)
}

/// A position in a run, made by [`after`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After(pub(super) u64);

impl Client {
    /// The state of a run, which does not count as following it.
    ///
    /// # Panics
    /// If there is no such run, or its log is unavailable.
    #[track_caller]
    pub fn state(&self, run: impl Borrow<Run>) -> impl Future<Output = RunState> + Send {
        let place = Location::caller();
        let mut answer = self.of_run(Method::HEAD, run.borrow()).start();
        async move {
            let head = answer.head().await;
            let name = head.headers().get("run-state").and_then(|name| name.to_str().ok());
            let state = name.and_then(RunState::named);
            state.unwrap_or_else(|| panic!("`state()` at {place}: {} without a state", head.status()))
        }
    }

    /// Waits until a run has ended, without following it, and returns its state.
    ///
    /// # Panics
    /// If it has not ended within the [limit](Self::limit), there is no such run, or its log is unavailable.
    #[track_caller]
    pub fn ended(&self, run: impl Borrow<Run>) -> impl Future<Output = RunState> + Send {
        let (place, run, limit) = (Location::caller(), run.borrow().clone(), self.settings.limit);
        async move {
            let deadline = Instant::now() + limit;
            loop {
                match self.state(&run).await {
                    RunState::Open => assert!(
                        Instant::now() < deadline,
                        "`ended()` at {place}: the run {} was still open after {limit:?}",
                        run.path()
                    ),
                    end => return end,
                }
                sleep(LOOK_AGAIN).await;
            }
        }
    }
}
