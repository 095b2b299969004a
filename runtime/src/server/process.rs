//! How a process with servers ends: signals stop the servers, and what can't end by itself is ended in time.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use tokio::{runtime::Handle, sync::watch};

use super::{aside::Line, drain::LAST_WORDS};

/// The time that a process has for anything that should take none.
const MOMENT: Duration = Duration::from_secs(5);

/// The exit code of a process that could not end by itself.
const STUCK: i32 = 1;

/// A signal that asks the process to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signal {
    name: &'static str,
    number: i32,
}

impl Signal {
    pub(super) const INTERRUPT: Self = Self { name: "SIGINT", number: 2 };
    #[cfg(any(unix, test))]
    pub(super) const TERMINATE: Self = Self { name: "SIGTERM", number: 15 };
    #[cfg(windows)]
    pub(super) const BREAK: Self = Self { name: "Ctrl-Break", number: 21 };
    // As if they were SIGTERM, which is what they mean.
    #[cfg(windows)]
    pub(super) const CLOSE: Self = Self { name: "the end of the console", number: 15 };
    #[cfg(windows)]
    pub(super) const SHUTDOWN: Self = Self { name: "the shutdown of the system", number: 15 };

    /// The exit code that shells give to a process that this signal ended.
    fn exit_code(self) -> i32 {
        128 + self.number
    }
}

/// What follows from a signal, or from the time.
#[derive(Default)]
pub(super) struct Step {
    /// The line to log. Not here: the log may be stuck, and the process is locked.
    pub(super) line: Option<Line>,
    /// The code with which to end the process.
    pub(super) exit: Option<i32>,
}

/// The number of a server in its process.
pub(super) type Id = u64;

/// The servers of this process that listen for signals.
pub(super) struct Process {
    servers: Vec<Running>,
    next: Id,
    /// Whether a signal has come since a server was added.
    was_signalled: bool,
}

/// A server, from its start until the process ends.
struct Running {
    id: Id,
    grace: Duration,
    /// How many signals it has got: the first drains it, the second cuts its streams.
    signals: watch::Sender<usize>,
    runtime: Handle,
    end: End,
}

/// How far the end of a server has come.
enum End {
    /// No signal has come, or one with a grace period beyond the reach of any clock.
    Open,
    /// It serves until this instant at the latest.
    Stopping { grace: Instant },
    /// It has returned. The application may clean up until its runtime is dropped.
    Returned { grace: Instant },
    /// The runtime is being dropped, and that waits for blocking work without a limit.
    Dropping { until: Instant },
}

impl Process {
    pub(super) const fn new() -> Self {
        Self { servers: Vec::new(), next: 0, was_signalled: false }
    }

    /// Adds a server with this grace period, which runs on this runtime. Returns the signals that it gets.
    pub(super) fn add(&mut self, grace: Duration, runtime: Handle) -> (Id, watch::Receiver<usize>) {
        // An application that serves again is not about to end.
        self.servers.retain(|server| matches!(server.end, End::Open | End::Stopping { .. }));
        self.was_signalled = false;
        let (signals, heard) = watch::channel(0);
        let id = self.next;
        self.next += 1;
        self.servers.push(Running { id, grace, signals, runtime, end: End::Open });
        (id, heard)
    }

    /// Notes that a server has returned.
    pub(super) fn returned(&mut self, id: Id) {
        let Some(at) = self.servers.iter().position(|server| server.id == id) else { return };
        match self.servers[at].end {
            End::Stopping { grace } => self.servers[at].end = End::Returned { grace },
            // It was not stopped by a signal, or has time without a limit.
            End::Open | End::Returned { .. } | End::Dropping { .. } => drop(self.servers.swap_remove(at)),
        }
    }

    /// Whether the end of the process has to be watched.
    pub(super) fn is_stopping(&self) -> bool {
        self.servers.iter().any(|server| !matches!(server.end, End::Open))
    }

    /// Hands a signal to the servers. If none of them has use for it, the process ends.
    ///
    /// The first signal never ends a process: it may have been heard by a handler of the application's own too, which
    /// has dropped the servers.
    pub(super) fn signal(&mut self, signal: Signal, now: Instant) -> Step {
        let is_first = !mem::replace(&mut self.was_signalled, true);
        let is_of_use = self.servers.iter_mut().fold(false, |is_of_use, server| server.signal(now) | is_of_use);
        let name = signal.name;
        if is_of_use {
            Step::default()
        } else if is_first {
            let line = move || tracing::info!("{name}, but no server runs any more; another signal ends the process");
            Step { line: Some(Box::new(line)), exit: None }
        } else {
            let line = move || tracing::warn!("{name} ends the process, which was stopping already");
            Step { line: Some(Box::new(line)), exit: Some(signal.exit_code()) }
        }
    }

    /// Ends the process if it should have ended by now.
    pub(super) fn overdue(&mut self, now: Instant) -> Step {
        let has_time = self.servers.iter_mut().fold(false, |has_time, server| server.has_time(now) | has_time);
        let is_any = |end: fn(&End) -> bool| self.servers.iter().any(|server| end(&server.end));
        let what = if has_time {
            return Step::default();
        } else if is_any(|end| matches!(end, End::Stopping { .. })) {
            "something blocks the thread of a server; `tokio::task::spawn_blocking` is for such work"
        } else if is_any(|end| matches!(end, End::Returned { .. })) {
            // The application cleans up.
            return Step::default();
        } else {
            "its runtime waits for blocking work, such as that of `tokio::task::spawn_blocking`"
        };
        let line = move || tracing::error!("the process has not ended in time and is ended now: {what}");
        Step { line: Some(Box::new(line)), exit: Some(STUCK) }
    }
}

impl Running {
    /// Takes a signal. Returns whether it is of use.
    fn signal(&mut self, now: Instant) -> bool {
        let heard = *self.signals.borrow();
        let time = match (&self.end, heard) {
            (End::Open, 0) => self.grace,
            (End::Open | End::Stopping { .. }, 1) => Duration::ZERO,
            _ => return false,
        };
        self.signals.send_replace(heard + 1);
        if let Some(grace) = now.checked_add(time) {
            self.end = End::Stopping { grace };
        }
        true
    }

    /// Whether the process may go on for this server, because its time is not over.
    fn has_time(&mut self, now: Instant) -> bool {
        if let End::Returned { grace } = self.end {
            if is_shutting_down(&self.runtime) {
                self.end = End::Dropping { until: grace.max(now + MOMENT) };
            }
        }
        match self.end {
            End::Open => true,
            End::Stopping { grace } => now.saturating_duration_since(grace) < 2 * LAST_WORDS + MOMENT,
            End::Returned { .. } => false,
            End::Dropping { until } => now < until,
        }
    }
}

/// Whether a runtime is being dropped, or has been: its blocking threads then take no more work. Its tasks would not
/// tell, because one that blocks its thread may keep the others from being dropped.
fn is_shutting_down(runtime: &Handle) -> bool {
    // tokio panics where no thread can be started.
    let Ok(probe) = catch_unwind(AssertUnwindSafe(|| runtime.spawn_blocking(|| ()))) else { return false };
    matches!(probe.now_or_never(), Some(Err(error)) if error.is_cancelled())
}

#[cfg(test)]
mod tests {
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    const GRACE: Duration = Duration::from_secs(10);

    /// A process with this many servers.
    fn process(servers: u64) -> (Process, Runtime, Instant) {
        let (mut process, runtime) = (Process::new(), Builder::new_current_thread().build().unwrap());
        for _ in 0..servers {
            process.add(GRACE, runtime.handle().clone());
        }
        (process, runtime, Instant::now())
    }

    fn seconds(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_signal_that_no_server_takes_ends_the_process() {
        let (mut process, _runtime, start) = process(2);
        assert_eq!(process.signal(Signal::TERMINATE, start).exit, None, "drains both");
        process.returned(0);
        assert_eq!(process.signal(Signal::TERMINATE, start).exit, None, "cuts the other");
        assert_eq!(process.signal(Signal::TERMINATE, start).exit, Some(143));
        assert_eq!(process.signal(Signal::INTERRUPT, start).exit, Some(130));
    }

    #[test]
    fn the_first_signal_never_ends_the_process() {
        let (mut process, _runtime, start) = process(1);
        process.returned(0);
        assert_eq!(process.signal(Signal::INTERRUPT, start).exit, None);
        assert_eq!(process.signal(Signal::INTERRUPT, start).exit, Some(130));
    }

    #[test]
    fn an_application_may_serve_again() {
        let (mut process, runtime, start) = process(1);
        process.signal(Signal::INTERRUPT, start);
        process.returned(0);
        let (_, signals) = process.add(GRACE, runtime.handle().clone());
        assert_eq!(process.signal(Signal::INTERRUPT, start).exit, None);
        assert_eq!(*signals.borrow(), 1);
    }

    #[test]
    fn a_server_that_does_not_return_ends_the_process() {
        let (mut process, _runtime, start) = process(2);
        process.signal(Signal::INTERRUPT, start);
        process.returned(0);
        assert_eq!(process.overdue(seconds(start, 15)).exit, None);
        assert_eq!(process.overdue(seconds(start, 16)).exit, Some(1));
        process.signal(Signal::INTERRUPT, start);
        assert_eq!(process.overdue(seconds(start, 5)).exit, None);
        assert_eq!(process.overdue(seconds(start, 6)).exit, Some(1));
    }

    #[test]
    fn the_application_cleans_up_for_as_long_as_its_runtime_lives() {
        let (mut process, runtime, start) = process(1);
        process.signal(Signal::INTERRUPT, start);
        process.returned(0);
        assert_eq!(process.overdue(seconds(start, 3600)).exit, None);
        runtime.shutdown_background();
        assert_eq!(process.overdue(seconds(start, 3600)).exit, None);
        assert_eq!(process.overdue(seconds(start, 3604)).exit, None);
        assert_eq!(process.overdue(seconds(start, 3605)).exit, Some(1));
    }

    #[test]
    fn a_runtime_that_is_dropped_early_has_the_grace_period() {
        let (mut process, runtime, start) = process(1);
        process.signal(Signal::INTERRUPT, start);
        process.returned(0);
        runtime.shutdown_background();
        assert_eq!(process.overdue(start).exit, None);
        assert_eq!(process.overdue(seconds(start, 9)).exit, None);
        assert_eq!(process.overdue(seconds(start, 10)).exit, Some(1));
    }

    #[test]
    fn a_server_without_a_limit_has_time_for_ever() {
        let mut process = Process::new();
        let (runtime, start) = (Builder::new_current_thread().build().unwrap(), Instant::now());
        process.add(Duration::MAX, runtime.handle().clone());
        assert_eq!(process.signal(Signal::INTERRUPT, start).exit, None);
        assert_eq!(process.overdue(seconds(start, 1_000_000)).exit, None);
        assert_eq!(process.signal(Signal::INTERRUPT, start).exit, None);
        assert_eq!(process.overdue(seconds(start, 6)).exit, Some(1));
    }

    #[test]
    fn nothing_is_watched_without_a_signal() {
        let (mut process, _runtime, _) = process(1);
        assert!(!process.is_stopping());
        process.returned(0);
        assert!(process.servers.is_empty());
    }
}
