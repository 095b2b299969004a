//! Clients that take nothing.

use std::{io, task::Context, time::Duration};

use tokio::time::Instant;

use super::alarm::Alarm;
use crate::log_gate::LogGate;

/// How long nothing could be written.
pub(super) struct Stall {
    timeout: Duration,
    since: Option<Instant>,
    alarm: Alarm,
}

impl Stall {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, since: None, alarm: Alarm::default() }
    }

    /// Whether the last write had to wait.
    pub(super) fn is_waiting(&self) -> bool {
        self.since.is_some()
    }

    /// Notes whether a write has to wait.
    ///
    /// # Errors
    /// If the client has read nothing for too long.
    pub(super) fn watch(&mut self, waits: bool, cx: &mut Context<'_>) -> io::Result<()> {
        if !waits {
            self.since = None;
            return Ok(());
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        // A timeout beyond the reach of any clock means never.
        let Some(due) = since.checked_add(self.timeout) else { return Ok(()) };
        if self.alarm.poll_at(due, cx).is_pending() {
            return Ok(());
        }
        Err(stalled(self.timeout))
    }
}

/// The error of a connection whose client reads nothing.
pub(super) fn stalled(timeout: Duration) -> io::Error {
    static GATE: LogGate = LogGate::new();
    if let Some(suppressed) = GATE.pass() {
        tracing::info!(?timeout, suppressed, "a client reads nothing: its connection is cut");
    }
    io::Error::new(io::ErrorKind::TimedOut, "the client reads nothing")
}
