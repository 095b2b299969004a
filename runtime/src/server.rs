//! The short way to serve: bind, answer, and end well.

use std::{io, time::Duration};

use axum::{Router, serve::ListenerExt as _};
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::oneshot,
};

use crate::Controller;

/// Serves a controller or an [`axum::Router`] at this address until Ctrl-C or SIGTERM: [`Server`] with its defaults.
///
/// # Errors
/// If the address cannot be bound.
///
/// ```no_run
/// # use outflow::{action, controller};
/// # struct Clock;
/// # #[controller]
/// # impl Clock {
/// #     #[action]
/// #     async fn tick(&self) { self.stream("tick"); }
/// # }
/// # async fn run() -> std::io::Result<()> {
/// outflow::serve(Clock, "127.0.0.1:3000").await
/// # }
/// ```
pub async fn serve(app: impl App, addr: impl ToSocketAddrs) -> io::Result<()> {
    Server::new(app).serve(addr).await
}

/// What can be served: a [`Controller`] or an [`axum::Router`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be served",
    label = "neither a controller nor an `axum::Router`",
    note = "put `#[controller]` on the `impl` block that holds its actions, or give a router its state with `with_state`"
)]
pub trait App {
    /// The routes.
    #[doc(hidden)]
    fn into_app(self) -> Router;
}

impl App for Router {
    fn into_app(self) -> Router {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<C: Controller> App for C {
    fn into_app(self) -> Router {
        self.into_router()
    }
}

/// A server for streams: sends small packets at once, and on Ctrl-C or SIGTERM takes no new connections, lets open
/// streams go on for a grace period, and returns. A second signal ends the grace period.
#[derive(Debug)]
#[must_use = "a server does nothing until `serve` is awaited"]
pub struct Server {
    router: Router,
    grace: Duration,
}

impl Server {
    /// A server of this controller or [`axum::Router`].
    pub fn new(app: impl App) -> Self {
        Self { router: app.into_app(), grace: Duration::from_secs(30) }
    }

    /// How long open streams may go on after the signal. 30 seconds by default.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Serves at this address until Ctrl-C or SIGTERM.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn serve(self, addr: impl ToSocketAddrs) -> io::Result<()> {
        self.serve_on(TcpListener::bind(addr).await?).await
    }

    /// Serves on this listener until Ctrl-C or SIGTERM: for a socket that is bound elsewhere, or to learn the port
    /// that the address `127.0.0.1:0` gave.
    ///
    /// # Errors
    /// If the process cannot listen for signals.
    pub async fn serve_on(self, listener: TcpListener) -> io::Result<()> {
        let mut signals = Signals::new()?;
        let (stop, stopped) = oneshot::channel::<()>();
        // Without this, a small packet waits for the acknowledgement of the one before (Nagle's algorithm).
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY could not be set");
            }
        });
        let serving = axum::serve(listener, self.router).with_graceful_shutdown(async {
            stopped.await.ok();
        });
        let end_of_grace = async {
            signals.next().await;
            tracing::info!(grace = ?self.grace, "draining: no new connections, open streams may finish");
            drop(stop);
            tokio::select! {
                () = tokio::time::sleep(self.grace) => {}
                () = signals.next() => {}
            }
        };
        tokio::select! {
            served = serving => served,
            () = end_of_grace => Ok(()),
        }
    }
}

/// Ctrl-C and, on Unix, SIGTERM. Listened to from the start, so that none is missed between two waits.
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

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    async fn next(&mut self) {
        self.interrupt.recv().await;
    }
}
