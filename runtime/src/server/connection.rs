//! Connections that can be cut.
//!
//! hyper does not poll a body while its connection can't be written, so a client that reads nothing, and the end of
//! the grace period, are noticed here: where the bytes leave.

use std::{
    fmt,
    io::{self, IoSlice},
    iter, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    task,
};

use super::{
    activity::Connections,
    drain::Drain,
    gather::{SMALL, gather},
    phase::{Phase, Reached},
    read_ahead::ReadAhead,
    scan::Preface,
    socket,
    stall::Stall,
    watch::{Verdict, Watch},
};

impl Drain {
    /// The listener for [`axum::serve()`]: its connections are cut when their client stalls or the grace period is over,
    /// neither of which a stream can notice while its client reads nothing. So are connections whose heads take too
    /// long. TCP sockets send small packets at once (`TCP_NODELAY`). The system finds clients that have vanished without a
    /// word within about two minutes, by its probes (`SO_KEEPALIVE`), and on Linux and Android also while bytes are on
    /// their way (`TCP_USER_TIMEOUT`). There it takes the stall timeout if that is longer.
    ///
    /// It takes any [`Listener`]: [listeners](crate::guide::listeners) says what depends on its kind.
    ///
    /// For [`ConnectInfo<SocketAddr>`](axum::extract::ConnectInfo) use `drain.listener(tcp).tap_io(|_| {})`, from
    /// [`ListenerExt`](axum::serve::ListenerExt), and `into_make_service_with_connect_info`.
    pub fn listener<L: Listener>(&self, listener: L) -> DrainListener<L> {
        DrainListener { listener, drain: self.clone() }
    }
}

/// A listener for [`axum::serve()`], made by [`Drain::listener`].
#[derive(Debug)]
pub struct DrainListener<L = TcpListener> {
    listener: L,
    drain: Drain,
}

impl<L: Listener> Listener for DrainListener<L> {
    type Io = Connection<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Connection<L::Io>, L::Addr) {
        let (io, addr) = self.listener.accept().await;
        socket::set_up(&io, self.drain.stall_limit());
        (Connection::new(io, &self.drain), addr)
    }

    fn local_addr(&self) -> io::Result<L::Addr> {
        self.listener.local_addr()
    }
}

/// A connection of a [`DrainListener`].
pub struct Connection<S = TcpStream> {
    socket: S,
    /// The time at which connections are cut.
    cut: Reached,
    stall: Stall,
    ahead: ReadAhead,
    watch: Watch,
    owner: Owner,
    connections: Arc<Connections>,
}

/// The task that polls a connection.
enum Owner {
    Unknown,
    /// hyper's.
    Server(task::Id),
    /// A handler that has upgraded the connection. It may read and write in two tasks, so only a read of its own may
    /// register a waker for reading.
    Handler,
}

impl<S> Connection<S> {
    pub(super) fn new(socket: S, drain: &Drain) -> Self {
        let cut = drain.wait_for(Phase::Cut);
        Self {
            socket,
            cut,
            stall: Stall::new(drain.stall_limit()),
            ahead: ReadAhead::default(),
            watch: Watch::new(Arc::default(), drain.head_limit(), drain.stall_limit()),
            owner: Owner::Unknown,
            connections: drain.connections().clone(),
        }
    }

    /// Whether the server polls this, and not a handler that has upgraded the connection.
    fn is_servers(&mut self) -> bool {
        match (&self.owner, task::try_id()) {
            (Owner::Server(server), Some(id)) if *server == id => true,
            (Owner::Unknown, Some(id)) => {
                self.connections.enter(id, self.watch.activity());
                self.owner = Owner::Server(id);
                true
            }
            _ => {
                self.disown();
                false
            }
        }
    }

    fn disown(&mut self) {
        if let Owner::Server(server) = mem::replace(&mut self.owner, Owner::Handler) {
            self.connections.leave(server, self.watch.activity());
        }
    }

    /// # Errors
    /// Once connections are to be cut.
    fn poll_cut(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.cut.poll(cx).is_ready() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the server is stopping and cuts its connections",
            ));
        }
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Connection<S> {
    fn poll_out<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        self.poll_cut(cx)?;
        if self.watch.activity().take_at_once() {
            socket::hold_little(&self.socket);
        }
        let written = write(Pin::new(&mut self.socket), cx);
        self.stall.watch(written.is_pending(), cx)?;
        if written.is_pending() {
            self.look_ahead(cx)?;
        }
        written
    }

    /// Whether the client speaks HTTP/2, by its first bytes, which stay to be read. They are read here at once and not in
    /// parts, because hyper's buffer grows, to twice its size, when a read has not brought a whole head.
    pub(super) fn poll_is_http_2(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        loop {
            self.poll_cut(cx)?;
            let mut preface = Preface::Part(0);
            preface.take(self.ahead.bytes());
            match preface {
                Preface::Part(_) => {}
                Preface::Http1 => return Poll::Ready(Ok(false)),
                Preface::Http2 => {
                    self.watch.speak_http_2();
                    return Poll::Ready(Ok(true));
                }
            }
            match self.ahead.poll_more(usize::MAX, &mut self.socket, cx)? {
                Poll::Ready(0) => return Poll::Ready(Ok(false)),
                Poll::Ready(_) => {}
                Poll::Pending => {
                    let verdict =
                        ready!(self.watch.poll(self.cut.is_draining(), cx).map_or(Poll::Pending, Poll::Ready));
                    return Poll::Ready(verdict.into_result().map(|()| false));
                }
            }
        }
    }

    /// Looks whether the client has left, while the server writes or waits.
    fn look_ahead(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.watch.is_http_2() || !self.is_servers() {
            return Ok(());
        }
        self.ahead.look(&mut self.socket, &self.watch, cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        let is_servers = self.is_servers();
        let Self { socket, ahead, watch, cut, stall, .. } = &mut *self;
        let before = buf.filled().len();
        let polled = ahead.poll_read(socket, cx, buf);
        if !is_servers {
            return polled;
        }
        if polled.is_ready() {
            watch.read(&buf.filled()[before..]);
            return polled;
        }
        // What is being written has a limit of its own.
        if stall.is_waiting() {
            return Poll::Pending;
        }
        watch.poll(cut.is_draining(), cx).map_or(Poll::Pending, |verdict| Poll::Ready(verdict.into_result()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(self.poll_out(cx, |socket, cx| socket.poll_write(cx, buf)))?;
        self.watch.written(iter::once(&buf[..written]));
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut small = [0; SMALL];
        let written = match gather(bufs, &mut small) {
            Some(all) => ready!(self.poll_out(cx, |socket, cx| socket.poll_write(cx, all))),
            None => ready!(self.poll_out(cx, |socket, cx| socket.poll_write_vectored(cx, bufs))),
        }?;
        let mut left = written;
        self.watch.written(bufs.iter().map(|buf| {
            let length = buf.len().min(left);
            left -= length;
            &buf[..length]
        }));
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(cx, |socket, cx| socket.poll_flush(cx)))?;
        // hyper flushes whenever it is polled.
        self.look_ahead(cx)?;
        if self.is_servers() {
            let is_stopping = self.cut.is_draining();
            match self.watch.flushed(is_stopping, cx) {
                Some(Verdict::Cut(error)) => return Poll::Ready(Err(error)),
                // The next read says so.
                Some(Verdict::End) => cx.waker().wake_by_ref(),
                None => {}
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_out(cx, |socket, cx| socket.poll_shutdown(cx))
    }
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.disown();
    }
}

impl<S: fmt::Debug> fmt::Debug for Connection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.socket).finish()
    }
}
