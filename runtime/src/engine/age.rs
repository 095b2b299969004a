//! How long packets have been waiting in a batch.

use std::time::{Duration, Instant};

/// While an action computes without awaiting, a batch leaves at the first send after it is this old.
const MAX_BATCH_AGE: Duration = Duration::from_millis(5);

/// A batch that begins this soon after the last one left is one of several that belong together.
const CLOSE: Duration = Duration::from_millis(5);

/// The age of a batch, at the cost of a few looks at the clock: at its 1st, 2nd, 4th, 8th and every 16th packet.
#[derive(Default)]
pub(crate) struct Age {
    packets: u32,
    /// When the oldest packet came.
    first: Option<Instant>,
    /// When the last batch left.
    left: Option<Instant>,
    /// Whether that batch was due. As long as the action keeps computing, each packet is due by itself.
    was_due: bool,
    is_due: bool,
}

impl Age {
    /// Counts a packet.
    #[inline]
    pub(crate) fn packet(&mut self) {
        if self.count() {
            self.look(Instant::now());
        }
    }

    /// Counts a packet. Returns whether to look at the clock.
    #[inline]
    fn count(&mut self) -> bool {
        self.packets += 1;
        self.packets % 16 == 0 || self.packets.is_power_of_two()
    }

    #[cold]
    fn look(&mut self, now: Instant) {
        let since = if self.packets == 1 { self.left.filter(|_| self.was_due) } else { self.first };
        self.is_due |= since.is_some_and(|since| now.duration_since(since) > MAX_BATCH_AGE);
        if self.packets == 1 {
            self.first = Some(now);
        }
    }

    /// Whether the batch has waited long enough to leave although there is room.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due
    }

    /// Whether the batch began [soon](CLOSE) after the last one left.
    pub(crate) fn is_close(&self) -> bool {
        self.first.zip(self.left).is_some_and(|(first, left)| first.duration_since(left) < CLOSE)
    }

    /// Begins a new batch. Returns whether the last one was due.
    pub(crate) fn take(&mut self) -> bool {
        let was_due = self.is_due;
        *self = Self { left: Some(Instant::now()), was_due, ..Self::default() };
        was_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Age {
        /// How many packets of this moment it takes until the batch is due, up to 100.
        fn packets_until_due(&mut self, now: Instant) -> usize {
            let mut is_due = || {
                if self.count() {
                    self.look(now);
                }
                self.is_due
            };
            (1..=100).find(|_| is_due()).unwrap_or(usize::MAX)
        }
    }

    fn later() -> Instant {
        Instant::now() + 2 * MAX_BATCH_AGE
    }

    #[test]
    fn packets_that_come_together_are_not_due() {
        let mut age = Age::default();
        assert_eq!(age.packets_until_due(Instant::now()), usize::MAX);
        assert!(!age.take());
    }

    #[test]
    fn an_old_batch_is_due_at_its_next_look_and_then_each_packet_by_itself() {
        let mut age = Age::default();
        age.packet();
        assert_eq!(age.packets_until_due(later()), 1);
        assert!(age.take());
        assert_eq!(age.packets_until_due(later()), 1);
        assert!(age.take());
        assert!(!age.is_due());
    }

    #[test]
    fn only_a_batch_that_begins_soon_after_the_last_one_is_close_to_it() {
        let mut age = Age::default();
        age.packet();
        assert!(!age.is_close());
        for (now, is_close) in [(Instant::now(), true), (Instant::now() + 2 * CLOSE, false)] {
            age.take();
            assert!(!age.is_close());
            age.packets_until_due(now);
            assert_eq!(age.is_close(), is_close);
        }
    }

    #[test]
    fn after_its_first_packets_a_batch_looks_at_the_clock_every_sixteenth_time() {
        let mut age = Age::default();
        let now = Instant::now();
        for _ in 0..16 {
            if age.count() {
                age.look(now);
            }
        }
        assert_eq!(age.packets_until_due(later()), 16);
    }
}
