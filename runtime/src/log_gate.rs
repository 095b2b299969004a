//! A gate for lines of the application's log that requests cause: clients must not be able to fill it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often a line may be written.
const EVERY: Duration = Duration::from_secs(1);

/// Lets one line a second through, and counts the others. Each place that writes a line has a gate of its own.
pub(crate) struct LogGate(Mutex<State>);

struct State {
    /// When the last line was written.
    last: Option<Instant>,
    suppressed: u64,
}

impl LogGate {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State { last: None, suppressed: 0 }))
    }

    /// Whether a line may be written now: the number of lines since the last one that were not, or `None` if this one
    /// must not be written either.
    pub(crate) fn pass(&self) -> Option<u64> {
        self.pass_at(Instant::now())
    }

    fn pass_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| now.saturating_duration_since(last) < EVERY) {
            state.suppressed += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_passes_and_says_how_many_did_not() {
        let (gate, start) = (LogGate::new(), Instant::now());
        let at = |millis| gate.pass_at(start + Duration::from_millis(millis));
        assert_eq!([0, 1, 500, 999].map(at), [Some(0), None, None, None]);
        assert_eq!([1_000, 1_999, 9_000, 9_001].map(at), [Some(3), None, Some(1), None]);
    }
}
