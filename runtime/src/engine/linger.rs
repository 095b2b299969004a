//! How long a batch waits for company.
//!
//! An action that passes on what another server sends gets it from that connection's own task, one piece at a time, and
//! pauses after each. Without this each piece would be a write of its own, which is most of what a proxy costs: 400
//! tokens that came in 5 reads would leave in 402 writes, and leave in a few. A packet that comes alone has no company to wait
//! for, and leaves at once.

use super::age::Age;

/// Turns of the scheduler that a batch waits without a new packet. One is not enough: in the first the other task is
/// asked for more, and in the next it gives it.
const TURNS: u8 = 3;

/// The turns that a batch has waited.
#[derive(Debug, Default)]
pub(super) struct Linger {
    /// The packets that had been sent at the last turn.
    packets: u64,
    turns: u8,
}

impl Linger {
    /// Whether a batch of this age waits for another turn, now that so many packets have been sent.
    pub(super) fn goes_on(&mut self, age: &Age, packets: u64) -> bool {
        if !age.is_close() || age.is_due() {
            return false;
        }
        if self.packets != packets {
            *self = Self { packets, turns: 0 };
        }
        self.turns += 1;
        self.turns <= TURNS
    }
}
