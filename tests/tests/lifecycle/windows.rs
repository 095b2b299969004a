//! HTTP/2 clients and their windows: those that give none are cut, as HTTP/1 clients are that read nothing.
//!
//! They speak by the crate `h2` itself, which leaves windows and pings to its caller.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request, routing::get};
use bytes::Bytes;
use futures_util::stream;
use h2::{RecvStream, client::SendRequest};
use outflow::{Controller as _, Drain, Server, action, controller};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::support::{pace_clock, serve_drained, soon};

#[derive(Clone)]
struct Windows {
    dropped: Arc<Semaphore>,
}

struct Permit(Arc<Semaphore>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

#[controller]
impl Windows {
    #[action(heartbeat = "0s")]
    async fn flood(&self) {
        let _guard = Permit(self.dropped.clone());
        loop {
            self.stream("x".repeat(1_000));
        }
    }

    /// One large packet, so that the body is not asked for more while it leaves.
    #[action(heartbeat = "0s")]
    async fn large(&self) {
        self.stream("x".repeat(300_000));
    }

    /// A packet every so often, and nothing to send in between.
    #[action(heartbeat = "0s")]
    async fn sparse(&self) {
        loop {
            self.stream("tick");
            sleep(PAUSE).await;
        }
    }
}

/// Short where the server cuts, and long where it must not.
const STALL: Duration = Duration::from_millis(300);
/// Between two packets: more than the long timeout.
const PAUSE: Duration = Duration::from_secs(65);
const LONG_STALL: Duration = Duration::from_secs(60);

fn app() -> (Router, Windows) {
    let windows = Windows { dropped: Arc::new(Semaphore::new(0)) };
    let endless = get(async || Body::from_stream(stream::repeat(Ok::<_, std::convert::Infallible>("x".repeat(1_000)))));
    (windows.clone().into_router().route("/handler", endless), windows)
}

/// A connection whose streams have this window, and which fails when the server cuts it.
async fn connect(addr: SocketAddr, window: u32) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let tcp = TcpStream::connect(addr).await.unwrap();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(window);
    let (client, connection) = builder.handshake(tcp).await.unwrap();
    (client, tokio::spawn(connection))
}

/// The body, unless the server has cut the connection already.
async fn try_open(client: &mut SendRequest<Bytes>, path: &str) -> Option<RecvStream> {
    let request = Request::get(format!("http://localhost{path}")).header("accept", "text/plain").body(()).unwrap();
    let (response, _) = client.send_request(request, true).ok()?;
    Some(soon("the head", response).await.ok()?.into_body())
}

async fn open(client: &mut SendRequest<Bytes>, path: &str) -> RecvStream {
    try_open(client, path).await.unwrap()
}

/// Streams that nobody reads, each of them with a window that is used up at once.
async fn are_cut(addr: SocketAddr, window: u32, path: &str, windows: &Windows) {
    let (mut client, connection) = connect(addr, window).await;
    let since = Instant::now();
    let mut streams = Vec::new();
    while let Some(stream) = try_open(&mut client, path).await {
        streams.push(stream);
        if streams.len() == 5 {
            break;
        }
    }
    let _ = soon(format!("the end of {path} with a window of {window}"), connection).await.unwrap();
    assert!(since.elapsed() >= STALL);
    if path == "/windows/flood" {
        drop(soon("the end of all actions", windows.dropped.acquire_many(streams.len() as u32)).await.unwrap());
    }
}

#[tokio::test]
async fn a_client_that_gives_no_window_is_cut() {
    let (app, windows) = app();
    let drained = serve_drained(&Drain::new().stall_timeout(STALL), app.clone()).await;
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = tcp.local_addr().unwrap();
    let server = tokio::spawn(Server::new(app).stall_timeout(STALL).serve_on(tcp));
    for addr in [drained, served] {
        for path in ["/windows/flood", "/handler"] {
            for window in [0, 1, 5_000] {
                are_cut(addr, window, path, &windows).await;
            }
        }
    }
    server.abort();
}

/// It answers pings, which are no progress of its streams.
#[tokio::test]
async fn pings_do_not_save_it() {
    let (app, _) = app();
    let addr = serve_drained(&Drain::new().stall_timeout(STALL), app).await;
    let tcp = TcpStream::connect(addr).await.unwrap();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(0);
    let (mut client, mut connection) = builder.handshake::<_, Bytes>(tcp).await.unwrap();
    let mut pings = connection.ping_pong().unwrap();
    let connection = tokio::spawn(connection);
    let _stream = try_open(&mut client, "/windows/flood").await;
    let pinging = async {
        while pings.ping(h2::Ping::opaque()).await.is_ok() {
            sleep(STALL / 10).await;
        }
    };
    soon("the end of the pings", pinging).await;
    let _ = soon("the end of the connection", connection).await.unwrap();
}

/// The whole packet takes several timeouts.
#[tokio::test(start_paused = true)]
async fn a_client_with_a_slow_window_is_not() {
    pace_clock(Duration::from_millis(1));
    let (app, _) = app();
    let addr = serve_drained(&Drain::new().stall_timeout(LONG_STALL), app).await;
    let (mut client, _connection) = connect(addr, 20_000).await;
    let mut body = open(&mut client, "/windows/large").await;
    let mut received = 0;
    while let Some(data) = soon("more", body.data()).await {
        let data = data.unwrap();
        received += data.len();
        sleep(LONG_STALL / 12).await;
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    assert_eq!(received, 300_000);
}

#[tokio::test(start_paused = true)]
async fn nor_is_one_whose_streams_are_idle() {
    pace_clock(Duration::from_millis(1));
    let (app, _) = app();
    let addr = serve_drained(&Drain::new().stall_timeout(LONG_STALL), app).await;
    let (mut client, connection) = connect(addr, 65_535).await;
    let mut bodies = Vec::new();
    for _ in 0..3 {
        bodies.push(open(&mut client, "/windows/sparse").await);
    }
    for _ in 0..2 {
        for body in &mut bodies {
            let data = soon("a packet", body.data()).await.unwrap().unwrap();
            assert_eq!(data, "tick");
            body.flow_control().release_capacity(data.len()).unwrap();
        }
    }
    assert!(!connection.is_finished());
}

#[tokio::test]
async fn a_stream_that_begins_to_starve_late_is_noticed() {
    let (app, windows) = app();
    let addr = serve_drained(&Drain::new().stall_timeout(STALL), app).await;
    let (mut client, connection) = connect(addr, 10_000).await;
    let mut sparse = open(&mut client, "/windows/sparse").await;
    assert_eq!(soon("a packet", sparse.data()).await.unwrap().unwrap(), "tick");
    drop(sparse);
    let _flood = try_open(&mut client, "/windows/flood").await;
    let _ = soon("the end of the connection", connection).await.unwrap();
    drop(soon("the end of the action", windows.dropped.acquire()).await.unwrap());
}

/// HEADERS without its end (RFC 9113, section 6.2).
#[tokio::test]
async fn a_head_that_does_not_end_is_cut() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (app, _) = app();
    let addr = serve_drained(&Drain::new().head_timeout(STALL), app).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    client.write_all(b"\0\0\x01\x01\x01\0\0\0\x01\x82").await.unwrap();
    let (mut read, mut write) = client.split();
    let (is_over, mut over) = oneshot::channel();
    let dripping = async {
        // Pings and the like are not allowed within a header section, but more of it is.
        while over.try_recv().is_err() {
            if write.write_all(b"\0\0\x01\x09\0\0\0\0\x01\x84").await.is_err() {
                break;
            }
            sleep(STALL / 10).await;
        }
    };
    let reading = async {
        let mut rest = Vec::new();
        let _ = soon("the end of the connection", read.read_to_end(&mut rest)).await;
        let _ = is_over.send(());
    };
    tokio::join!(dripping, reading);
}
