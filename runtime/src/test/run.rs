//! A run, as a test follows it.

use axum::http::{HeaderMap, Uri};

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
