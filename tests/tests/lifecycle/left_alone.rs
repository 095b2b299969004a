//! Connections of which it is not certain what they wait for: no limit holds for them. The clock is paused.
//! Requests are written by hand, in pieces and behind one another.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, routing::get};
use outflow::Drain;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpListener,
    time::sleep,
};

use super::slow_heads::{HEAD, app, connect, read_until, request};
use crate::support::soon;

/// Nothing is known of requests that the drain's layer does not see, so their connections are left alone.
#[tokio::test(start_paused = true)]
async fn routes_outside_the_layer_are_left_alone() {
    let drain = Drain::new();
    let listener = drain.listener(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addr = axum::serve::Listener::local_addr(&listener).unwrap();
    let seen = Router::new().route("/seen", get(async || "seen")).layer(drain.layer());
    let app = app().0.merge(seen);
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    for first in ["/seen", "/handler"] {
        let mut client = connect(addr).await;
        client.write_all(request(first).as_bytes()).await.unwrap();
        read_until(&mut client, "\r\n\r\ns").await;
        for path in ["/seen", "/handler", "/handler"] {
            client.write_all(request(path).as_bytes()).await.unwrap();
            read_until(&mut client, "\r\n\r\ns").await;
        }
        let head = "POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 8\r\n\r\n";
        client.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..8 {
            sleep(HEAD / 4).await;
            client.write_all(b"x").await.unwrap();
        }
        read_until(&mut client, "8 bytes").await;
    }
}

/// The second request may be one that the layer does not see, so its connection must not count as idle.
#[tokio::test(start_paused = true)]
async fn a_request_behind_another_takes_as_long_as_it_wants() {
    let drain = Drain::new();
    let listener = drain.listener(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addr = axum::serve::Listener::local_addr(&listener).unwrap();
    let seen = Router::new().route("/seen", get(async || "seen")).layer(drain.layer());
    let (app, slow) = app();
    let app = app.merge(seen);
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    let mut client = connect(addr).await;
    client.write_all((request("/seen") + &request("/slow/idle")).as_bytes()).await.unwrap();
    read_until(&mut client, "tick").await;
    sleep(Duration::from_secs(20 * 60)).await;
    slow.go_on.notify_one();
    read_until(&mut client, "tock\r\n0\r\n\r\n").await;
}

/// In an application that calls hyper itself, the handshake and the requests may be in one task.
#[tokio::test(start_paused = true)]
async fn what_is_not_http_is_left_alone() {
    let (drain, (app, slow)) = (Drain::new(), app());
    let mut listener = drain.listener(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addr = axum::serve::Listener::local_addr(&listener).unwrap();
    for app in [app.clone(), app.layer(drain.layer())] {
        let accepted = tokio::spawn(async move {
            let (connection, _) = axum::serve::Listener::accept(&mut listener).await;
            tokio::spawn(async move {
                let mut io = Masked(connection);
                let mut hello = [0; 5];
                io.read_exact(&mut hello).await.unwrap();
                io.write_all(&hello).await.unwrap();
                let service = hyper_util::service::TowerToHyperService::new(app);
                let io = hyper_util::rt::TokioIo::new(io);
                hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
            });
            listener
        });
        let mut client = Masked(connect(addr).await);
        listener = accepted.await.unwrap();
        client.write_all(b"hello").await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        client.write_all(request("/slow/idle").as_bytes()).await.unwrap();
        let mut text = Vec::new();
        for what in ["tick", "tock"] {
            while !String::from_utf8_lossy(&text).contains(what) {
                assert!(soon(what, client.read_buf(&mut text)).await.unwrap() > 0, "before {what}");
            }
            sleep(Duration::from_secs(20 * 60)).await;
            slow.go_on.notify_one();
        }
    }
}

/// A stream whose bytes look like anything but HTTP, as those of TLS do.
struct Masked<S>(S);

const MASK: u8 = 0xA5;

impl<S: AsyncRead + Unpin> AsyncRead for Masked<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.0).poll_read(cx, buf);
        buf.filled_mut()[before..].iter_mut().for_each(|byte| *byte ^= MASK);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Masked<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let masked: Vec<u8> = buf.iter().map(|byte| byte ^ MASK).collect();
        Pin::new(&mut self.0).poll_write(cx, &masked)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
