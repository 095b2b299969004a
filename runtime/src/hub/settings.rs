//! The bounds of a hub.

use std::{fmt, time::Duration};

/// The longest time that a hub can count with. Longer ones, such as [`Duration::MAX`] for ever, are taken for it.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The shortest lease. A third of it is the time between two renewals.
#[cfg(feature = "redis")]
const SHORTEST_LEASE: Duration = Duration::from_millis(100);

/// The bounds of a hub and its topics.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// The most packets that a topic keeps.
    pub(super) messages: usize,
    /// The most bytes that a topic keeps.
    pub(super) bytes: usize,
    /// The time for which a topic keeps a packet.
    pub(super) age: Duration,
    /// The most topics.
    pub(super) topics: usize,
    /// The most watchers of a topic.
    pub(super) watchers: usize,
    /// The time for which the members of a node that has died are still there.
    #[cfg(feature = "redis")]
    pub(super) lease: Duration,
}

impl Settings {
    /// Puts times that can't be counted with in their place.
    pub(super) fn bound(&mut self) {
        self.age = self.age.min(LONGEST);
        #[cfg(feature = "redis")]
        {
            self.lease = self.lease.clamp(SHORTEST_LEASE, LONGEST);
        }
    }

    /// The bounds of the news about members: one packet for each.
    pub(super) fn of_news(&self) -> Self {
        Self { messages: self.watchers, bytes: usize::MAX, ..*self }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            messages: 1_024,
            bytes: 1024 * 1024,
            age: Duration::from_secs(5 * 60),
            topics: 10_000,
            watchers: 100_000,
            #[cfg(feature = "redis")]
            lease: Duration::from_secs(15),
        }
    }
}

/// What happens to a watcher that falls behind what its topic keeps.
pub enum Lag<T> {
    /// It is told how many packets it has missed, and goes on: `event: gap` in `sse`. Formats without room for that fail
    /// with 410. The default.
    Tell,
    /// Its action fails with 410, in every format.
    Close,
    /// It never falls behind: it gets the newest packet of each key, and not those before. The function gives the key of
    /// a packet. A topic keeps as many keys as it keeps packets; a key that is dropped counts as a gap.
    ///
    /// This is for a whole hub: see [`Hub::lag`](super::Hub::lag).
    Latest(fn(&T) -> String),
}

impl<T> Clone for Lag<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Lag<T> {}

impl<T> fmt::Debug for Lag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tell => "Tell",
            Self::Close => "Close",
            Self::Latest(_) => "Latest",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_cannot_be_counted_with_are_bounded() {
        let mut settings = Settings { age: Duration::MAX, ..Settings::default() };
        #[cfg(feature = "redis")]
        {
            settings.lease = Duration::ZERO;
        }
        settings.bound();
        assert_eq!(settings.age, LONGEST);
        #[cfg(feature = "redis")]
        assert_eq!(settings.lease, SHORTEST_LEASE);
    }
}
