//! Signals, heard on a thread of their own: an action that blocks its thread may block all of the application's.

use std::{
    io, process,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::{self, Handle, Runtime},
    sync::watch,
    time::sleep,
};

use super::{
    aside,
    process::{Id, Process, Signal},
};

/// How often a process that is stopping is looked at.
const TICK: Duration = Duration::from_millis(250);

static PROCESS: Mutex<Process> = Mutex::new(Process::new());

/// Whether the thread runs. It is started once, and stays for the life of the process, because tokio never gives a
/// signal its default action back.
static IS_LISTENING: Mutex<bool> = Mutex::new(false);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server that hears signals, until it is dropped.
pub(crate) struct Listening {
    id: Id,
    signals: watch::Receiver<usize>,
}

impl Listening {
    /// Begins to listen for a server with this grace period.
    ///
    /// # Errors
    /// If the process can't listen for signals.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) fn new(grace: Duration) -> io::Result<Self> {
        // Added first, so that it misses no signal.
        let (id, signals) = lock(&PROCESS).add(grace, Handle::current());
        let listening = Self { id, signals };
        start_thread()?;
        Ok(listening)
    }

    /// Resolves when the server has got this many signals.
    pub(crate) async fn heard(&mut self, signals: usize) {
        // The sender is there until this is dropped.
        let _ = self.signals.wait_for(|heard| *heard >= signals).await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        lock(&PROCESS).returned(self.id);
    }
}

fn start_thread() -> io::Result<()> {
    let mut is_listening = lock(&IS_LISTENING);
    if *is_listening {
        return Ok(());
    }
    let (starting, started) = mpsc::sync_channel(1);
    thread::Builder::new().name("outflow-signals".to_owned()).spawn(move || {
        let (result, listener) = match listener() {
            Ok(listener) => (Ok(()), Some(listener)),
            Err(error) => (Err(error), None),
        };
        // The other side waits for it.
        let _ = starting.send(result);
        if let Some((runtime, signals)) = listener {
            runtime.block_on(listen(signals));
        }
    })?;
    started.recv().map_err(io::Error::other)??;
    *is_listening = true;
    Ok(())
}

fn listener() -> io::Result<(Runtime, Signals)> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _entered = runtime.enter();
        Signals::new()?
    };
    Ok((runtime, signals))
}

/// Hands signals to the servers, and ends the process when none of them has use for one, or when it can't end by itself.
async fn listen(mut signals: Signals) {
    loop {
        let is_stopping = lock(&PROCESS).is_stopping();
        let step = tokio::select! {
            signal = signals.next() => lock(&PROCESS).signal(signal, Instant::now()),
            () = sleep(TICK), if is_stopping => lock(&PROCESS).overdue(Instant::now()),
        };
        let writing = step.line.map(aside::write);
        if let Some(code) = step.exit {
            if let Some(writing) = writing {
                writing.wait();
            }
            process::exit(code);
        }
    }
}

/// Ctrl-C and, on Unix, SIGTERM. Both are listened for from the start, so that none is missed between two waits.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INTERRUPT,
            _ = self.terminate.recv() => Signal::TERMINATE,
        }
    }
}

/// What asks a program of Windows to stop: Ctrl-C and Ctrl-Break, the closed console, and the shutdown of the system. The
/// system ends a program some seconds after the last two, whatever it does.
#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    stop: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self { interrupt: ctrl_c()?, stop: ctrl_break()?, close: ctrl_close()?, shutdown: ctrl_shutdown()? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INTERRUPT,
            _ = self.stop.recv() => Signal::BREAK,
            _ = self.close.recv() => Signal::CLOSE,
            _ = self.shutdown.recv() => Signal::SHUTDOWN,
        }
    }
}
