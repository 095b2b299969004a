//! The short way to serve: bind, answer, and end well.

use std::{fmt, io, net::SocketAddr, time::Duration};

use axum::{Router, http::request::Parts, serve::Listener};
use futures_core::future::BoxFuture;
use futures_util::future::join_all;
use tokio::{
    net::{TcpListener, ToSocketAddrs, lookup_host},
    time::sleep,
};

#[cfg(feature = "http2")]
use super::settings::Http2Settings;
use super::{
    accept::serve_connections,
    drain::{Drain, LAST_WORDS},
    phase::Phase,
    protocol::Http,
    signals,
};
use crate::controller::Controller;

/// Serves a controller or an [`axum::Router`] at this address until Ctrl-C or SIGTERM: [`Server`] with its defaults.
///
/// # Errors
/// If the address cannot be bound, or the process cannot listen for signals.
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

/// An application that can be served: a [`Controller`] or an [`axum::Router`].
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

/// A server for streams. It sends small packets at once, and on Ctrl-C or SIGTERM it drains: no new streams, open ones
/// go on for a grace period, and then it returns. A second signal ends the grace period, a third one the process.
/// Handlers and actions may take [`ConnectInfo<SocketAddr>`](axum::extract::ConnectInfo).
///
/// [Listeners](crate::guide::listeners) says how to serve a Unix socket, TLS, several listeners at once, or a socket that
/// systemd hands over.
///
/// After a signal the process ends in time even if blocking work would keep it alive:
/// [how the process ends](crate#how-the-process-ends) says when, and with which exit code.
///
/// ```no_run
/// # use std::time::Duration;
/// # use outflow::{Server, action, controller};
/// # struct Clock;
/// # #[controller]
/// # impl Clock {
/// #     #[action]
/// #     async fn tick(&self) { self.stream("tick"); }
/// # }
/// # async fn run() -> std::io::Result<()> {
/// Server::new(Clock).grace(Duration::from_secs(10)).max_streams(10_000).serve("127.0.0.1:3000").await
/// # }
/// ```
#[must_use = "a server does nothing until `serve`, `serve_on` or `run` is awaited"]
pub struct Server {
    router: Router,
    drain: Drain,
    http: Http,
    listeners: Vec<Listening>,
}

/// A listener that waits for its server to run.
type Listening = Box<dyn FnOnce(Router, Http, Drain) -> BoxFuture<'static, ()> + Send>;

impl Server {
    /// A server of this controller or [`axum::Router`].
    pub fn new(app: impl App) -> Self {
        Self { router: app.into_app(), drain: Drain::new(), http: Http::new(), listeners: Vec::new() }
    }

    /// How long open streams may go on after the signal. 30 seconds by default.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.drain = self.drain.grace(grace);
        self
    }

    /// How many streams may be open at once; one more is answered with 503 and `Retry-After`. No limit by default.
    pub fn max_streams(mut self, streams: usize) -> Self {
        self.drain = self.drain.max_streams(streams);
        self
    }

    /// How many streams may be open at once whose requests have the same key, the client's address for example; one
    /// more is answered with 429 and `Retry-After`. No limit by default; see [`Drain::max_streams_per`].
    pub fn max_streams_per(
        mut self,
        streams: usize,
        key: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.drain = self.drain.max_streams_per(streams, key);
        self
    }

    /// The paths that are answered while the server stops, `/metrics` for example; see [`Drain::keep_open`].
    pub fn keep_open(mut self, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.drain = self.drain.keep_open(paths);
        self
    }

    /// How long a client may read nothing while there is something to send, before its connection is cut. 60 seconds
    /// by default; see [`Drain::stall_timeout`].
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.drain = self.drain.stall_timeout(timeout);
        self
    }

    /// How long the head of a request may take, before its connection is cut. 30 seconds by default; see
    /// [`Drain::head_timeout`].
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.drain = self.drain.head_timeout(timeout);
        self
    }

    /// The settings of HTTP/2: windows, streams on one connection, pings.
    #[cfg(feature = "http2")]
    pub fn http2(mut self, settings: Http2Settings) -> Self {
        settings.apply(&mut self.http.http2);
        self
    }

    /// Adds a listener: any [`Listener`] of axum's, such as a `TcpListener`, a `UnixListener` or a
    /// [`HandshakeListener`](crate::HandshakeListener). Its connections are those of a
    /// [`DrainListener`](Drain::listener). Handlers and actions may take its address as `ConnectInfo<L::Addr>`.
    ///
    /// ```no_run
    /// # use outflow::{Server, action, controller};
    /// # use tokio::net::TcpListener;
    /// # struct Clock;
    /// # #[controller]
    /// # impl Clock {
    /// #     #[action]
    /// #     async fn tick(&self) { self.stream("tick"); }
    /// # }
    /// # async fn run() -> std::io::Result<()> {
    /// let public = TcpListener::bind("0.0.0.0:3000").await?;
    /// let private = TcpListener::bind("127.0.0.1:3001").await?;
    /// Server::new(Clock).listen(public).listen(private).run().await
    /// # }
    /// ```
    pub fn listen<L>(mut self, listener: L) -> Self
    where
        L: Listener<Addr: Clone + Sync + 'static>,
    {
        let serving = move |app, http, drain| -> BoxFuture<'static, ()> {
            Box::pin(serve_connections(listener, app, http, drain))
        };
        self.listeners.push(Box::new(serving));
        self
    }

    /// Serves at this address, and on the listeners that have been added, until Ctrl-C or SIGTERM.
    ///
    /// # Errors
    /// If the address cannot be bound, or the process cannot listen for signals.
    pub async fn serve(self, addr: impl ToSocketAddrs) -> io::Result<()> {
        self.serve_on(bind(addr).await?).await
    }

    /// Serves on this listener, and on those that have been added, until Ctrl-C or SIGTERM: for a socket that is bound
    /// elsewhere, or to learn the port that the address `127.0.0.1:0` gave.
    ///
    /// # Errors
    /// If the process cannot listen for signals.
    pub async fn serve_on<L>(self, listener: L) -> io::Result<()>
    where
        L: Listener<Addr: Clone + Sync + 'static>,
    {
        self.listen(listener).run().await
    }

    /// Serves on the listeners that have been added, until Ctrl-C or SIGTERM.
    ///
    /// # Errors
    /// If there is no listener, or the process cannot listen for signals.
    pub async fn run(self) -> io::Result<()> {
        let Self { router, drain, http, listeners } = self;
        if listeners.is_empty() {
            let message = "the server has no listener: add one with `listen`, or give an address to `serve`";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let mut signals = signals::Listening::new(drain.grace_period())?;
        let serving = listeners.into_iter().map(|listen| listen(router.clone(), http.clone(), drain.clone()));
        let serving = join_all(serving);
        let all_cut = drain.reached(Phase::Cut);
        let on_signal = async {
            signals.heard(1).await;
            drain.start();
            signals.heard(2).await;
            tracing::info!("a second signal: open streams fail now");
            drain.cut();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = async { serving.await; drain.idle().await } => {}
            () = on_signal => {}
            // Anything left by now is stuck in one of the user's handlers.
            () = async { all_cut.await; sleep(LAST_WORDS).await } => {}
        }
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("router", &self.router)
            .field("drain", &self.drain)
            .field("listeners", &self.listeners.len())
            .finish_non_exhaustive()
    }
}

/// Binds the first address that can be bound. The error names all of them.
async fn bind(addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let addrs: Vec<SocketAddr> = lookup_host(addr).await?.collect();
    TcpListener::bind(&*addrs).await.map_err(|error| {
        let addrs: Vec<_> = addrs.iter().map(SocketAddr::to_string).collect();
        io::Error::new(error.kind(), format!("can't listen on {}: {error}", addrs.join(", ")))
    })
}
