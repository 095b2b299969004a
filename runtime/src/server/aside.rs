//! Lines in the application's log that nothing waits for: a log that is stuck must not keep a process alive.

use std::{
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// The time that a line has if nothing can be logged after it.
const LAST_LINE: Duration = Duration::from_secs(1);

/// A line, which is written when it is called.
pub(super) type Line = Box<dyn FnOnce() + Send>;

/// A line that is being written.
pub(super) struct Writing(Receiver<()>);

/// Writes a line on a thread of its own. If no thread can be started, the line is lost.
pub(super) fn write(line: Line) -> Writing {
    let (writing, written) = mpsc::channel();
    let _ = thread::Builder::new().name("outflow-log".to_owned()).spawn(move || {
        line();
        // Often nothing waits for it.
        let _ = writing.send(());
    });
    Writing(written)
}

impl Writing {
    /// Waits until the line is written, or for a second.
    pub(super) fn wait(self) {
        let _ = self.0.recv_timeout(LAST_LINE);
    }
}
