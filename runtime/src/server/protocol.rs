//! The protocols that a server speaks, and how it serves a connection in the one that its client has chosen.

use std::{
    convert::Infallible,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{Router, extract::ConnectInfo, http::Request, response::Response};
use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;
#[cfg(feature = "http2")]
use hyper::server::conn::http2;
use hyper::{body::Incoming, server::conn::http1, service::Service};
#[cfg(feature = "http2")]
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task::yield_now,
};

use super::{connection::Connection, layer::DrainService, phase::Reached};

/// HTTP/1, and HTTP/2 if the feature is on. hyper-util tells them apart too, but hands the first 24 bytes over alone, and
/// hyper then keeps a buffer of 16 KiB for each connection in place of one of 8.
#[derive(Clone)]
pub(super) struct Http {
    http1: http1::Builder,
    #[cfg(feature = "http2")]
    pub(super) http2: http2::Builder<TokioExecutor>,
}

impl Http {
    pub(super) fn new() -> Self {
        Self {
            http1: http1::Builder::new(),
            #[cfg(feature = "http2")]
            http2: {
                let mut http2 = http2::Builder::new(TokioExecutor::new());
                // For WebSockets over HTTP/2 (RFC 8441), as `axum::serve` has them.
                http2.enable_connect_protocol();
                http2
            },
        }
    }
}

/// An application for one client.
pub(super) struct App<A> {
    pub(super) app: DrainService<Router>,
    pub(super) addr: A,
}

/// Nothing in it is ever pinned.
impl<A> Unpin for App<A> {}

impl<A: Clone + Send + Sync + 'static> Service<Request<Incoming>> for App<A> {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.addr.clone()));
        // A router is always ready.
        tower_service::Service::call(&mut self.app.clone(), request)
    }
}

/// A connection from its first byte to its last. Once it is time to close, it ends as soon as it is idle.
///
/// Written by hand: an `async fn` would hold the room for the start of a connection until its end.
pub(super) struct Serving<I, A: Clone + Send + Sync + 'static> {
    state: State<I, A>,
    closing: Closing,
    /// Tells the server that this connection is open.
    _open: mpsc::Sender<()>,
}

/// Whether it is time to close.
enum Closing {
    NotYet(Reached),
    /// The runtime looks at the socket once more: a request that has come, and is not read, would be reset.
    Soon(BoxFuture<'static, ()>),
    Now,
}

impl Closing {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            *self = match self {
                Self::NotYet(reached) => {
                    ready!(reached.poll(cx));
                    Self::Soon(Box::pin(yield_now()))
                }
                Self::Soon(look) => {
                    ready!(look.poll_unpin(cx));
                    Self::Now
                }
                Self::Now => return Poll::Ready(()),
            };
        }
    }
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly all connections are in the largest, for nearly all of their time"
)]
enum State<I, A: Clone + Send + Sync + 'static> {
    /// The client has not shown yet which protocol it speaks.
    New(Arc<Http>, Connection<I>, App<A>),
    Http1(http1::UpgradeableConnection<TokioIo<Connection<I>>, App<A>>),
    /// Boxed, because most connections do not speak it.
    #[cfg(feature = "http2")]
    Http2(Box<http2::Connection<TokioIo<Connection<I>>, App<A>, TokioExecutor>>),
    Ended,
}

impl<I, A> Serving<I, A>
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    A: Clone + Send + Sync + 'static,
{
    pub(super) fn new(
        http: Arc<Http>,
        io: Connection<I>,
        app: App<A>,
        closing: Reached,
        open: mpsc::Sender<()>,
    ) -> Self {
        Self { state: State::New(http, io, app), closing: Closing::NotYet(closing), _open: open }
    }

    /// Goes on from `New`.
    fn begin(&mut self, is_http_2: bool) {
        let State::New(http, io, app) = mem::replace(&mut self.state, State::Ended) else { return };
        let io = TokioIo::new(io);
        self.state = match is_http_2 {
            false => State::Http1(http.http1.serve_connection(io, app).with_upgrades()),
            #[cfg(feature = "http2")]
            true => State::Http2(Box::new(http.http2.serve_connection(io, app))),
            #[cfg(not(feature = "http2"))]
            true => State::Ended,
        };
    }
}

impl<I, A> Future for Serving<I, A>
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    A: Clone + Send + Sync + 'static,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let is_closing = self.closing.poll(cx).is_ready();
        // Even if it is time to close: a client whose first connection fails does not try again by itself.
        if let State::New(_, io, _) = &mut self.state {
            match ready!(io.poll_is_http_2(cx)) {
                Ok(is_http_2) => self.begin(is_http_2),
                Err(_) => return Poll::Ready(()),
            }
        }
        match &mut self.state {
            State::Http1(connection) => {
                poll_to_end(Pin::new(connection), is_closing, http1::UpgradeableConnection::graceful_shutdown, cx)
            }
            #[cfg(feature = "http2")]
            State::Http2(connection) => {
                poll_to_end(Pin::new(&mut **connection), is_closing, http2::Connection::graceful_shutdown, cx)
            }
            State::New(..) | State::Ended => Poll::Ready(()),
        }
    }
}

/// Polls a connection. Its error is its end, and of interest to nobody else.
fn poll_to_end<C: Future>(
    mut connection: Pin<&mut C>,
    is_closing: bool,
    close: fn(Pin<&mut C>),
    cx: &mut Context<'_>,
) -> Poll<()> {
    let polled = connection.as_mut().poll(cx);
    if polled.is_ready() || !is_closing {
        return polled.map(drop);
    }
    // Only now, so that a request that has come is answered.
    close(connection.as_mut());
    connection.poll(cx).map(drop)
}

#[cfg(test)]
mod tests {
    use axum::routing::any;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        task::JoinHandle,
        time::Instant,
    };
    use tower_layer::Layer as _;

    use super::*;
    use crate::server::{drain::Drain, phase::Phase, watch::LAST_HEAD};

    fn connect(drain: &Drain) -> (DuplexStream, JoinHandle<()>) {
        let (client, io) = duplex(1024);
        let app = App { app: drain.layer().layer(Router::new().route("/", any("hello"))), addr: () };
        let (http, closing) = (Arc::new(Http::new()), drain.wait_for(Phase::Draining));
        let serving = Serving::new(http, Connection::new(io, drain), app, closing, mpsc::channel(1).0);
        (client, tokio::spawn(serving))
    }

    /// Sends byte by byte.
    async fn trickle(client: &mut DuplexStream, bytes: &[u8]) {
        for byte in bytes {
            client.write_u8(*byte).await.unwrap();
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_begin_byte_by_byte() {
        let drain = Drain::new();
        for method in ["GET", "PRI", "PRINT"] {
            let (mut client, _serving) = connect(&drain);
            trickle(&mut client, format!("{method} / HTTP/1.1\r\nconnection: close\r\n\r\n").as_bytes()).await;
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nhello"), "{method}: {answer}");
        }
        let (mut client, _serving) = connect(&drain);
        trickle(&mut client, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
        let mut head = [0; 9];
        let is_settings = client.read_exact(&mut head).await.is_ok() && head[3] == 4;
        assert_eq!(is_settings, cfg!(feature = "http2"), "{head:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_just_come_is_answered_while_its_server_stops() {
        let drain = Drain::new();
        let (mut client, serving) = connect(&drain);
        tokio::task::yield_now().await;
        drain.start();
        tokio::time::sleep(LAST_HEAD / 2).await;
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nhello"), "{answer}");
        serving.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_holds_up_no_server_that_stops() {
        let drain = Drain::new();
        let (_client, serving) = connect(&drain);
        tokio::task::yield_now().await;
        let start = Instant::now();
        drain.start();
        serving.await.unwrap();
        assert_eq!(start.elapsed().as_secs(), LAST_HEAD.as_secs());
    }
}
