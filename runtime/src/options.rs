//! The options of `#[action(…)]` that concern its response.

use std::time::Duration;

use axum::http::request::Parts;

use crate::format::representation::{ALL, Offered, Representation};

/// The options of one action, written by the macro as a constant.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The formats to choose from.
    pub(crate) formats: Offered,
    /// How long the head waits for the first packet. After that the head is sent, so that a client or a proxy that
    /// waits for it knows that the request has arrived.
    pub(crate) open_after: Duration,
    /// How long a body may be idle before a heartbeat is sent, so that nothing on the way considers the connection
    /// dead.
    pub(crate) heartbeat: Duration,
    /// How long the action may take.
    pub(crate) timeout: Option<Duration>,
    /// How long a response may last before its client is told to come back.
    pub(crate) max_age: Option<Duration>,
    /// The fate of the action when its client goes away.
    pub(crate) on_disconnect: OnDisconnect,
    /// The fate of the action when the server stops.
    pub(crate) on_shutdown: OnShutdown,
    /// Whether an argument of the action is the head of its response.
    pub(crate) has_head: bool,
    /// Whether the action may stream. One that never does answers as an ordinary handler.
    pub(crate) streams: bool,
    /// The way in which the action survives its client, if it does.
    pub(crate) resumable: Option<Resumable>,
    /// Whether a rejection is answered with a problem document.
    pub(crate) problems: bool,
}

/// `resumable`, with the options in its parentheses.
#[derive(Clone, Copy, Debug)]
pub struct Resumable {
    /// The place of a run's key.
    pub(crate) key: KeyIn,
    /// The parameter of the path that names the run which is open, if runs have names.
    pub(crate) name: Option<&'static str>,
    /// The function that finds the owner of a request: nobody else may see the runs of an owner.
    pub(crate) owner: Option<fn(&Parts) -> Option<String>>,
    pub(crate) keep: Keep,
    /// The time without a follower after which a run is cancelled.
    pub(crate) abandon_after: Option<Duration>,
    /// The most followers of a run on one node.
    pub(crate) max_followers: usize,
}

impl Resumable {
    /// The meaning of `resumable` alone.
    pub const DEFAULT: Self = Self {
        key: KeyIn::Header,
        name: None,
        owner: None,
        keep: Keep::DEFAULT,
        abandon_after: None,
        max_followers: 10_000,
    };

    /// `key`
    #[must_use]
    pub const fn key(mut self, key: KeyIn) -> Self {
        self.key = key;
        self
    }

    /// `name`
    #[must_use]
    pub const fn name(mut self, parameter: &'static str) -> Self {
        self.name = Some(parameter);
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

    /// `max_runs`: the most runs that one owner may have open.
    #[must_use]
    pub const fn max_runs(mut self, runs: u64) -> Self {
        self.keep.runs = runs;
        self
    }

    /// `max_followers`: the most followers of a run on one node.
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

/// The bounds of a run, and the time that it is kept after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// How long its packets are kept after its end.
    pub packets: Duration,
    /// How long its end is kept.
    pub tombstone: Duration,
    /// The most bytes.
    pub bytes: usize,
    /// The most packets.
    pub count: u64,
    /// Whether a run with more drops its oldest packets; otherwise it fails.
    pub is_window: bool,
    /// The most runs that its owner may have open at once, if it has an owner.
    pub runs: u64,
}

impl Keep {
    /// Ten minutes for packets, a day for the end; 16 MiB and 100,000 packets; 100 runs of one owner.
    pub const DEFAULT: Self = Self {
        packets: Duration::from_secs(10 * 60),
        tombstone: Duration::from_secs(24 * 60 * 60),
        bytes: 16 * 1024 * 1024,
        count: 100_000,
        is_window: false,
        runs: 100,
    };
}

/// `key = …`: where the key of a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyIn {
    /// In a header, which leaves no trace in logs.
    Header,
    /// In the URL, as `?key=`, for `EventSource`; or in a header.
    Url,
    /// Not needed: the owner is enough.
    Off,
}

/// `overflow = …`: the fate of a run that becomes too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It fails.
    Fail,
    /// Its oldest packets are dropped.
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
    /// The options of an action that sets none.
    pub const DEFAULT: Self = Self {
        formats: Offered { formats: ALL, query: None, end_event: None },
        open_after: Duration::from_millis(250),
        heartbeat: Duration::from_secs(15),
        timeout: None,
        max_age: None,
        on_disconnect: OnDisconnect::Cancel,
        on_shutdown: OnShutdown::Finish,
        has_head: false,
        streams: true,
        resumable: None,
        problems: false,
    };

    /// `formats`
    #[must_use]
    pub const fn formats(mut self, formats: &'static [Representation]) -> Self {
        self.formats.formats = formats;
        self
    }

    /// `query` among the `formats`.
    #[must_use]
    pub const fn format_query(mut self, parameter: &'static str) -> Self {
        self.formats.query = Some(parameter);
        self
    }

    /// `end_event` of the format `sse`.
    #[must_use]
    pub const fn end_event(mut self, event: &'static str) -> Self {
        self.formats.end_event = Some(event);
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

    /// `max_age`, in milliseconds.
    #[must_use]
    pub const fn max_age(mut self, millis: u64) -> Self {
        self.max_age = Some(Duration::from_millis(millis));
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

    /// An argument of the type `Head`.
    #[must_use]
    pub const fn has_head(mut self) -> Self {
        self.has_head = true;
        self
    }

    /// An action that never streams.
    #[must_use]
    pub const fn never_streams(mut self) -> Self {
        self.streams = false;
        self
    }

    /// `resumable`
    #[must_use]
    pub const fn resumable(mut self, how: Resumable) -> Self {
        self.resumable = Some(how);
        self
    }

    /// `problems`, of the controller.
    #[must_use]
    pub const fn problems(mut self) -> Self {
        self.problems = true;
        self
    }
}
