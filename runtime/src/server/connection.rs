//! Connections that can be cut.
//!
//! hyper does not poll a body while its connection can't be written, so a client that reads nothing, and the end of
//! the grace period, are noticed here: where the bytes leave.

use std::{
    fmt,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use super::{
    alarm::Alarm,
    drain::Drain,
    phase::{Phase, Reached},
};
use crate::log_gate::LogGate;

impl Drain {
    /// The listener for [`axum::serve()`]: its connections send small packets at once (`TCP_NODELAY`), and are cut when
    /// their client stalls or the grace period is over, neither of which a stream can notice while its client reads
    /// nothing.
    ///
    /// For [`ConnectInfo<SocketAddr>`](axum::extract::ConnectInfo) use `drain.listener(tcp).tap_io(|_| {})`, from
    /// [`ListenerExt`](axum::serve::ListenerExt), and `into_make_service_with_connect_info`.
    pub fn listener(&self, tcp: TcpListener) -> DrainListener {
        DrainListener { tcp, drain: self.clone() }
    }
}

/// A listener for [`axum::serve()`], made by [`Drain::listener`].
#[derive(Debug)]
pub struct DrainListener {
    tcp: TcpListener,
    drain: Drain,
}

impl Listener for DrainListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (tcp, addr) = Listener::accept(&mut self.tcp).await;
        // Without this, a small packet waits for the acknowledgement of the one before (Nagle's algorithm).
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        (Connection::new(tcp, &self.drain), addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// A connection of a [`DrainListener`].
pub struct Connection {
    tcp: TcpStream,
    /// The time at which connections are cut.
    cut: Reached,
    stall: Stall,
}

impl Connection {
    fn new(tcp: TcpStream, drain: &Drain) -> Self {
        let cut = drain.wait_for(Phase::Cut);
        let stall = Stall { timeout: drain.stall_limit(), since: None, alarm: Alarm::default() };
        Self { tcp, cut, stall }
    }

    /// # Errors
    /// Once connections are to be cut.
    fn poll_cut(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.cut.poll(cx).is_ready() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the server is stopping, and its grace period is over",
            ));
        }
        Ok(())
    }

    fn poll_out<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        self.poll_cut(cx)?;
        let written = write(Pin::new(&mut self.tcp), cx);
        self.stall.watch(written.is_pending(), cx)?;
        written
    }
}

/// How long nothing could be written.
struct Stall {
    timeout: Duration,
    since: Option<Instant>,
    alarm: Alarm,
}

impl Stall {
    /// Notes whether a write has to wait.
    ///
    /// # Errors
    /// If the client has read nothing for too long.
    fn watch(&mut self, waits: bool, cx: &mut Context<'_>) -> io::Result<()> {
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
        static GATE: LogGate = LogGate::new();
        if let Some(suppressed) = GATE.pass() {
            tracing::info!(timeout = ?self.timeout, suppressed, "a client reads nothing: its connection is cut");
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the client reads nothing"))
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_out(cx, |tcp, cx| tcp.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_out(cx, |tcp, cx| tcp.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_out(cx, |tcp, cx| tcp.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_out(cx, |tcp, cx| tcp.poll_shutdown(cx))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.tcp).finish()
    }
}
