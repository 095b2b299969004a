//! A gap: packets that a client has missed, and where its stream goes on.

use serde::{Deserialize, Serialize};

/// Packets that a client did not get, because they had been dropped before it could take them. Sent in the place of
/// those packets, by a [`Hub`](crate::Hub)'s watcher that fell behind.
///
/// In `sse` it is an event of its own, `event: gap` with `{"missed":4028,"first":4030}`. Formats without room for it end
/// as after a failure with 410.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub(crate) missed: Option<u64>,
    pub(crate) first: u64,
    /// The topic, if several are watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) topic: Option<String>,
    /// The id from which the stream goes on.
    #[serde(skip)]
    pub(crate) id: Option<String>,
}

impl Gap {
    /// How many packets were missed. `None` if that can't be known, because the numbers have begun anew: the server was
    /// restarted, for example.
    pub fn missed(&self) -> Option<u64> {
        self.missed
    }

    /// The number of the packet with which the stream goes on.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The topic in which packets were missed, if [several](crate::Hub::watch_all) are watched.
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_deref()
    }

    /// The id of an event that stands for the gap: a client that comes back with it goes on behind the gap.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The gap as JSON: `{"missed":4028,"first":4030}`, where `missed` may be `null`.
    pub fn to_json(&self) -> String {
        // Numbers and text can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn of_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}
