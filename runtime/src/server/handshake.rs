//! Listeners whose connections begin with a handshake, TLS above all.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::Listener;
use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::socket;

/// A listener whose connections begin with a handshake: TLS, or a header that a proxy sends ahead (PROXY protocol).
///
/// The handshake belongs to the connection: none holds up the next client, one that fails ends its own connection only,
/// and one that does not end is cut by the [head timeout](crate::Server::head_timeout).
///
/// With tokio-rustls:
///
/// ```
/// # use std::{io, sync::Arc};
/// use outflow::{HandshakeListener, Server};
/// use tokio::net::TcpListener;
/// use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
///
/// # async fn run(app: axum::Router, mut config: ServerConfig) -> io::Result<()> {
/// // Browsers speak HTTP/2 over TLS only, and only if the server offers it (ALPN, RFC 7301). Needs the feature `http2`.
/// config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
/// let tls = TlsAcceptor::from(Arc::new(config));
/// let tcp = TcpListener::bind("0.0.0.0:443").await?;
/// let listener = HandshakeListener::new(tcp, move |socket| tls.accept(socket));
/// Server::new(app).serve_on(listener).await
/// # }
/// ```
pub struct HandshakeListener<L, F> {
    listener: L,
    handshake: F,
}

impl<L, F> HandshakeListener<L, F> {
    /// A listener that hands each connection of `listener` to `handshake`, and serves what becomes of it.
    pub fn new<H, S>(listener: L, handshake: F) -> Self
    where
        L: Listener,
        F: FnMut(L::Io) -> H + Send + 'static,
        H: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self { listener, handshake }
    }
}

impl<L, F, H, S> Listener for HandshakeListener<L, F>
where
    L: Listener,
    F: FnMut(L::Io) -> H + Send + 'static,
    H: Future<Output = io::Result<S>> + Send + 'static,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Io = Handshaken<S>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Handshaken<S>, L::Addr) {
        let (io, addr) = self.listener.accept().await;
        // The limit for silence is not known here; without it the system's own holds.
        socket::set_up(&io, Duration::MAX);
        (Handshaken(State::Open((self.handshake)(io).boxed())), addr)
    }

    fn local_addr(&self) -> io::Result<L::Addr> {
        self.listener.local_addr()
    }
}

impl<L: fmt::Debug, F> fmt::Debug for HandshakeListener<L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeListener").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// A connection of a [`HandshakeListener`]. Its first read or write makes the handshake.
pub struct Handshaken<S>(State<S>);

enum State<S> {
    Open(BoxFuture<'static, io::Result<S>>),
    Done(S),
    Failed,
}

impl<S: Unpin> Handshaken<S> {
    /// The stream behind the handshake.
    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut S>>> {
        if let State::Open(handshake) = &mut self.0 {
            self.0 = match ready!(handshake.poll_unpin(cx)) {
                Ok(stream) => State::Done(stream),
                Err(error) => {
                    tracing::debug!(%error, "a handshake failed");
                    self.0 = State::Failed;
                    return Poll::Ready(Err(error));
                }
            };
        }
        match &mut self.0 {
            State::Done(stream) => Poll::Ready(Ok(Pin::new(stream))),
            State::Open(_) | State::Failed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Handshaken<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_done(cx))?.poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Handshaken<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_done(cx))?.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_done(cx))?.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        matches!(&self.0, State::Done(stream) if stream.is_write_vectored())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_done(cx))?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            State::Done(stream) => Pin::new(stream).poll_shutdown(cx),
            // Nothing has been said that would need an end.
            State::Open(_) | State::Failed => Poll::Ready(Ok(())),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Handshaken<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("Handshaken");
        match &self.0 {
            State::Done(stream) => debug.field(stream).finish(),
            State::Open(_) | State::Failed => debug.finish_non_exhaustive(),
        }
    }
}
