//! The drain: how the streams of a server learn that it is about to stop, and what limits them until then.

use std::{fmt, future::Future, pin::pin, sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};

use super::{
    activity::Connections,
    layer::DrainLayer,
    phase::{Phase, Phases, Reached},
    places::Places,
};

/// The time that streams have to write their endings after the grace period, before their connections are cut.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(500);

/// Ends the streams of an [`axum::Router`] properly, and limits them, in applications that do not use
/// [`Server`](crate::Server).
///
/// Its [`layer`](Self::layer) goes around the routes, its [`listener`](Self::listener) around the socket, and
/// [`started`](Self::started) into axum's graceful shutdown. Then [`start`](Self::start) makes the server stop:
/// no new streams (503 with `Retry-After`), open ones may finish for the grace period and fail with 503 at its end,
/// and the remaining connections are cut half a second later. Clones are the same drain.
///
/// ```no_run
/// use outflow::{Controller as _, Drain, action, controller};
///
/// # struct Clock;
/// # #[controller]
/// # impl Clock {
/// #     #[action]
/// #     async fn tick(&self) { self.stream("tick"); }
/// # }
/// # async fn run() -> std::io::Result<()> {
/// let drain = Drain::new().max_streams(10_000);
/// let app = Clock.into_router().layer(drain.layer());
/// let listener = drain.listener(tokio::net::TcpListener::bind("127.0.0.1:3000").await?);
/// // Without `into_make_service` axum copies the router for each connection.
/// let serving = axum::serve(listener, app.into_make_service()).with_graceful_shutdown(drain.started());
///
/// let on_signal = drain.clone();
/// tokio::spawn(async move {
///     tokio::signal::ctrl_c().await.ok();
///     on_signal.start();
/// });
/// serving.await?;
/// drain.idle().await;
/// Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a drain does nothing by itself: see its example"]
pub struct Drain {
    /// Shared, because each request gets a few clones.
    parts: Arc<DrainParts>,
}

/// The parts of a drain: its settings, and what its clones have in common even if their settings differ.
#[derive(Clone)]
pub(super) struct DrainParts {
    phases: Arc<Phases>,
    grace: Duration,
    stall_timeout: Duration,
    head_timeout: Duration,
    connections: Arc<Connections>,
    pub(super) places: Places,
    /// Counts the work that goes on without a client, and the requests for which [`Drain::keep_open`] waits.
    detached: watch::Sender<usize>,
    /// The paths that are answered while the server stops.
    pub(super) open_paths: Vec<String>,
}

impl Drain {
    /// A grace period of 30 seconds, a stall timeout of 60 seconds, a head timeout of 30 seconds, and any number of
    /// streams.
    pub fn new() -> Self {
        let parts = DrainParts {
            phases: Arc::default(),
            grace: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(60),
            head_timeout: Duration::from_secs(30),
            connections: Arc::default(),
            places: Places::default(),
            detached: watch::Sender::new(0),
            open_paths: Vec::new(),
        };
        Self { parts: Arc::new(parts) }
    }

    pub(super) fn parts(&self) -> &DrainParts {
        &self.parts
    }

    /// The parts of this clone alone, to set one.
    pub(super) fn parts_mut(&mut self) -> &mut DrainParts {
        Arc::make_mut(&mut self.parts)
    }

    /// How long open streams may go on after [`start`](Self::start). 30 seconds by default.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.parts_mut().grace = grace;
        self
    }

    /// How long a client may read nothing while there is something to send, before its connection is cut. 60 seconds
    /// by default; zero cuts at once, and [`Duration::MAX`] never. Enforced by the [`listener`](Self::listener).
    ///
    /// It covers sockets that take no more bytes, and HTTP/2 streams whose client leaves them without a window (RFC 9113,
    /// section 5.2) while no other stream of the connection sends anything, whether or not there is more to send. A
    /// client that reads one stream and starves another is not cut. Idle streams of the same connection end with it, so
    /// give them a heartbeat.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.parts_mut().stall_timeout = timeout;
        self
    }

    /// How long the head of a request may take, before its connection is cut: the first one from the moment the
    /// connection is accepted, a later one from its first byte. 30 seconds by default; zero cuts at once where a head
    /// has to be waited for, and [`Duration::MAX`] never. Enforced by the [`listener`](Self::listener).
    ///
    /// Bodies and handlers have all the time they want. A connection that is kept alive without a request is closed
    /// after 11 minutes, over HTTP/2 without a GOAWAY (RFC 9113, section 6.8).
    ///
    /// Over HTTP/1 all but the first head need the [`layer`](Self::layer) around the routes, and around layers that
    /// answer by themselves. A connection is left alone once it is not certain what it waits for: after a request that
    /// the layer does not see, after bytes behind a request that is still open (the next one, perhaps), after a body in
    /// chunks, and when the server writes before a head has ended (TLS, for example).
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.parts_mut().head_timeout = timeout;
        self
    }

    /// The layer by which a router's actions find this drain, and its connections learn which requests are open:
    /// `router.layer(drain.layer())`.
    pub fn layer(&self) -> DrainLayer {
        DrainLayer { drain: self.clone() }
    }

    /// Starts to drain. Further calls do nothing.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(&self) {
        let keeps_open = !self.parts.open_paths.is_empty();
        if !self.parts.phases.advance(if keeps_open { Phase::Draining } else { Phase::Closing }) {
            return;
        }
        tracing::info!(grace = ?self.parts.grace, "draining: no new streams, open ones may finish");
        let drain = self.clone();
        tokio::spawn(async move {
            let mut grace = pin!(sleep(drain.parts.grace));
            if keeps_open {
                tokio::select! {
                    () = drain.idle() => {}
                    () = &mut grace => {}
                    // A second signal.
                    () = drain.reached(Phase::Over) => {}
                }
                drain.parts.phases.advance(Phase::Closing);
            }
            grace.await;
            drain.cut();
        });
    }

    /// Ends the grace period: open streams fail, and their connections are cut when they have had time to say so.
    pub(crate) fn cut(&self) {
        if !self.parts.phases.advance(Phase::Over) {
            return;
        }
        let drain = self.clone();
        tokio::spawn(async move {
            sleep(LAST_WORDS).await;
            drain.parts.phases.advance(Phase::Cut);
        });
    }

    /// Resolves when the server may close its listener: for
    /// [`with_graceful_shutdown`](axum::serve::Serve::with_graceful_shutdown). That is when the drain has started; with
    /// [`keep_open`](Self::keep_open), when nothing is open any more or the grace period is over.
    pub fn started(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reached(Phase::Closing)
    }

    /// Whether the server has begun to stop. A handler finds its drain as `Extension<Drain>`.
    pub fn is_draining(&self) -> bool {
        self.parts.phases.now() > Phase::Serving
    }

    /// Resolves when this phase, or a later one, has come.
    pub(crate) fn reached(&self, phase: Phase) -> impl Future<Output = ()> + Send + use<> {
        self.parts.phases.clone().reached(phase)
    }

    /// A wait for this phase, for a task that is polled often for other reasons.
    pub(crate) fn wait_for(&self, phase: Phase) -> Reached {
        Reached::new(self.parts.phases.clone(), phase)
    }

    /// Registers work that goes on without a client, until the guard is dropped. The server waits for it as for an open
    /// stream.
    pub(crate) fn detached(&self) -> Detached {
        self.parts.detached.send_modify(|count| *count += 1);
        Detached(self.parts.detached.clone())
    }

    /// Resolves when no work is left that goes on without a client: runs, and actions with `on_disconnect = finish`. With
    /// [`keep_open`](Self::keep_open) it waits for open requests too.
    /// Await it after [`axum::serve()`] has returned, because such work is dropped when `main` returns.
    pub fn idle(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut detached = self.parts.detached.subscribe();
        async move {
            // An error means that every guard is gone.
            let _ = detached.wait_for(|count| *count == 0).await;
        }
    }

    /// The limit that [`grace`](Self::grace) sets.
    pub(crate) fn grace_period(&self) -> Duration {
        self.parts.grace
    }

    /// The limit that [`stall_timeout`](Self::stall_timeout) sets.
    pub(crate) fn stall_limit(&self) -> Duration {
        self.parts.stall_timeout
    }

    /// The limit that [`head_timeout`](Self::head_timeout) sets.
    pub(crate) fn head_limit(&self) -> Duration {
        self.parts.head_timeout
    }

    /// Has the system hold little of what the running task writes to its connection, whose client wants nothing stale. Over
    /// HTTP/2 other streams share the connection, and the client's windows bound each of them.
    pub(crate) fn send_at_once(&self) {
        if let Some(activity) = self.parts.connections.current() {
            activity.send_at_once();
        }
    }

    /// The connections of the listener.
    pub(super) fn connections(&self) -> &Arc<Connections> {
        &self.parts.connections
    }
}

/// The guard of [`Drain::detached`].
#[derive(Debug)]
pub(crate) struct Detached(watch::Sender<usize>);

impl Drop for Detached {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Drain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain")
            .field("phase", &self.parts.phases)
            .field("grace", &self.parts.grace)
            .field("stall_timeout", &self.parts.stall_timeout)
            .field("head_timeout", &self.parts.head_timeout)
            .field("free_streams", &self.parts.places.free())
            .finish()
    }
}
