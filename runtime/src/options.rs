//! What `#[action(…)]` says about the response.

use std::time::Duration;

use axum::http::request::Parts;

use crate::{
    format::{ALL, Representation},
    run::Keep,
};

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
    /// How it survives its client, if it does.
    pub(crate) resumable: Option<Resumable>,
}

/// `resumable`, with what stands in its parentheses.
#[derive(Clone, Copy, Debug)]
pub struct Resumable {
    /// Where the key of a run is.
    pub(crate) key: KeyIn,
    /// Who asks: the runs of one owner are nobody else's.
    pub(crate) owner: Option<fn(&Parts) -> Option<String>>,
    pub(crate) keep: Keep,
    /// How long nobody may follow a run before it is cancelled.
    pub(crate) abandon_after: Option<Duration>,
    /// How many may follow a run on one node.
    pub(crate) max_followers: usize,
}

impl Resumable {
    /// What `resumable` alone means.
    pub const DEFAULT: Self =
        Self { key: KeyIn::Header, owner: None, keep: Keep::DEFAULT, abandon_after: None, max_followers: 10_000 };

    /// `key`
    #[must_use]
    pub const fn key(mut self, key: KeyIn) -> Self {
        self.key = key;
        self
    }

    /// `owner`
    #[must_use]
    pub const fn owner(mut self, owner: fn(&Parts) -> Option<String>) -> Self {
        self.owner = Some(owner);
        self
    }

    /// `retention`, in milliseconds: how long the packets are kept after the end.
    #[must_use]
    pub const fn retention(mut self, millis: u64) -> Self {
        self.keep.packets = Duration::from_millis(millis);
        self
    }

    /// `abandon_after`, in milliseconds.
    #[must_use]
    pub const fn abandon_after(mut self, millis: u64) -> Self {
        self.abandon_after = Some(Duration::from_millis(millis));
        self
    }

    /// `max_runs`: how many runs one owner may have open.
    #[must_use]
    pub const fn max_runs(mut self, runs: u64) -> Self {
        self.keep.runs = runs;
        self
    }

    /// `max_followers`: how many may follow a run on one node.
    #[must_use]
    pub const fn max_followers(mut self, followers: u64) -> Self {
        self.max_followers = if followers > u32::MAX as u64 { u32::MAX as usize } else { followers as usize };
        self
    }

    /// `overflow`
    #[must_use]
    pub const fn overflow(mut self, then: Overflow) -> Self {
        self.keep.is_window = matches!(then, Overflow::Window);
        self
    }
}

/// `key = …`: where the key of a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyIn {
    /// In a header, which leaves no trace in logs.
    Header,
    /// In the URL, as `?key=`, for `EventSource`; or in a header.
    Url,
    /// Nowhere: the owner is enough.
    Off,
}

/// `overflow = …`: what becomes of a run that has become too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It fails.
    Fail,
    /// Its oldest packets go.
    Window,
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
        resumable: None,
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

    /// `resumable`
    #[must_use]
    pub const fn resumable(mut self, how: Resumable) -> Self {
        self.resumable = Some(how);
        self
    }
}
