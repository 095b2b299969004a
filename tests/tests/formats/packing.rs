//! Packets that are ready together leave together.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::Router;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, body::Body as _};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use outflow::{Controller as _, action, controller};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::{TcpListener, TcpStream},
};

use crate::support::{frame, open_get, serve};

struct Burst;

#[controller]
impl Burst {
    #[action(path = "/{count}/{length}")]
    async fn run(&self, count: usize, length: usize) {
        for i in 0..count {
            self.stream(format!("{i:0length$}"));
        }
    }

    /// The same behind one packet that is larger than a frame.
    #[action(path = "/after-a-large-one/{count}/{length}")]
    async fn after_a_large_one(&self, count: usize, length: usize) {
        self.stream("x".repeat(20_000));
        self.run(count, length).await;
    }
}

/// Counts the calls that write to the socket.
struct Counting {
    socket: TcpStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counting {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// The body of one response over HTTP/1.1, and in how many writes it came.
async fn writes(app: Router, path: &str) -> (String, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    let writes = Arc::new(AtomicUsize::new(0));
    let io = TokioIo::new(Counting { socket, writes: writes.clone() });
    tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, TowerToHyperService::new(app)));
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    (response, writes.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_thousand_ready_packets_leave_in_two_writes() {
    for length in [1, 100] {
        // Where the machine is so busy that packets become due, they leave in more writes: the best of a few runs.
        let mut fewest = usize::MAX;
        for _ in 0..10 {
            let (response, writes) = writes(Burst.into_router(), &format!("/burst/1000/{length}")).await;
            assert_eq!(response.matches("data: \"").count(), 1000);
            assert!(response.ends_with("event: done\nid: outflow-end\ndata:\n\n\r\n0\r\n\r\n"));
            fewest = fewest.min(writes);
        }
        assert!(fewest <= 2, "{fewest} writes of packets of {length} characters");
    }
}

#[tokio::test]
async fn a_large_packet_does_not_end_the_packing() {
    let mut fewest = usize::MAX;
    for _ in 0..10 {
        let mut body = open_get(&Burst.into_router(), "/burst/after-a-large-one/2000/100").await.into_body();
        let mut frames = 0;
        while frame(&mut body).await.is_some() {
            frames += 1;
        }
        fewest = fewest.min(frames);
    }
    // 20 kB alone, then 220 kB in frames of 16 KiB.
    assert!(fewest <= 16, "{fewest} frames");
}

/// A peer closes the connection over many small frames it has not read, so a packet must not be a frame.
#[tokio::test]
async fn http_2_peers_get_twenty_thousand_small_packets_whole() {
    let addr = serve(Burst.into_router()).await;
    let io = TokioIo::new(TcpStream::connect(addr).await.unwrap());
    let (mut client, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .handshake(io)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get(format!("http://{addr}/burst/20000/100")).body(Empty::<Bytes>::new()).unwrap();
    let mut body = client.send_request(request).await.unwrap().into_body();
    let mut text = Vec::new();
    let mut frames = 0;
    while let Some(frame) = body.frame().await {
        text.extend_from_slice(&frame.unwrap().into_data().unwrap());
        frames += 1;
        // A reader that lags behind is what makes the peer count.
        if frames < 10 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    assert!(body.is_end_stream());
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("data: \"").count(), 20_000);
    assert!(text.ends_with("event: done\nid: outflow-end\ndata:\n\n"));
    println!("20,000 packets in {frames} frames");
    drop((client, connection));
}
