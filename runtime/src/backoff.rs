//! The waits between attempts to reach what is away. Each is longer than the last.

use std::time::Duration;

/// The shortest wait.
const SHORTEST: Duration = Duration::from_millis(50);

/// A wait that doubles with each attempt, up to a longest one.
pub(crate) struct Backoff {
    delay: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) fn up_to(longest: Duration) -> Self {
        Self { delay: SHORTEST, longest: longest.max(SHORTEST) }
    }

    /// The wait before the next attempt.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let delay = self.delay;
        self.delay = (delay * 2).min(self.longest);
        delay
    }
}
