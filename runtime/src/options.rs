//! What `#[action(…)]` says about the response.

use std::time::Duration;

use crate::format::{ALL, Representation};

/// The options of one action, written by the macro as a constant.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The formats to choose from; the first one is the default.
    pub(crate) formats: &'static [Representation],
    /// How long the head waits for the first packet. A client, or a proxy, that waits for the head learns by then
    /// that the request was taken.
    pub(crate) open_after: Duration,
    /// How long a body may be idle before something is sent that is no packet, so that nobody on the way takes the
    /// connection for dead.
    pub(crate) heartbeat: Duration,
    /// How long the action may take.
    pub(crate) timeout: Option<Duration>,
    /// What becomes of the action when its client goes away.
    pub(crate) on_disconnect: OnDisconnect,
    /// What becomes of it when the server stops.
    pub(crate) on_shutdown: OnShutdown,
}

/// `on_disconnect = …`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisconnect {
    /// The action is dropped where it waits.
    Cancel,
    /// It runs to its end, and its packets are discarded.
    Finish,
}

/// `on_shutdown = …`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnShutdown {
    /// The action may go on until the grace period ends.
    Finish,
    /// Its client is told at once to come back.
    Close,
}

impl Options {
    /// What holds where an action says nothing.
    pub const DEFAULT: Self = Self {
        formats: ALL,
        open_after: Duration::from_millis(250),
        heartbeat: Duration::from_secs(15),
        timeout: None,
        on_disconnect: OnDisconnect::Cancel,
        on_shutdown: OnShutdown::Finish,
    };

    /// Only these formats.
    #[must_use]
    pub const fn formats(mut self, formats: &'static [Representation]) -> Self {
        self.formats = formats;
        self
    }

    /// `open_after`, in milliseconds.
    #[must_use]
    pub const fn open_after(mut self, millis: u64) -> Self {
        self.open_after = Duration::from_millis(millis);
        self
    }

    /// `heartbeat`, in milliseconds.
    #[must_use]
    pub const fn heartbeat(mut self, millis: u64) -> Self {
        self.heartbeat = Duration::from_millis(millis);
        self
    }

    /// `timeout`, in milliseconds.
    #[must_use]
    pub const fn timeout(mut self, millis: u64) -> Self {
        self.timeout = Some(Duration::from_millis(millis));
        self
    }

    /// `on_disconnect`.
    #[must_use]
    pub const fn on_disconnect(mut self, then: OnDisconnect) -> Self {
        self.on_disconnect = then;
        self
    }

    /// `on_shutdown`.
    #[must_use]
    pub const fn on_shutdown(mut self, then: OnShutdown) -> Self {
        self.on_shutdown = then;
        self
    }
}
