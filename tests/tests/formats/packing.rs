//! Packets that are ready together leave together.
//!
//! Frames and writes are counted where they are made, because a client may read several of them at once.

use std::{
    future::{pending, poll_fn},
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
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
    sync::{Notify, mpsc},
};

use crate::support::{LIMIT, each_frame, frame, open_get, serve, soon};

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

#[derive(Clone, Default)]
struct Pieces {
    /// Tells the action that sends its packets apart to send the next one.
    next: Arc<Notify>,
}

#[controller]
impl Pieces {
    /// Passes on what another task hands over, each piece in a turn of the scheduler of its own.
    #[action(path = "/passed-on")]
    async fn passed_on(&self) {
        let (sender, mut pieces) = mpsc::channel(1);
        tokio::spawn(async move {
            for piece in 0..50 {
                sender.send(piece).await.expect("the action reads on");
            }
        });
        while let Some(piece) = pieces.recv().await {
            self.stream(piece);
        }
    }

    /// A packet, and another one on demand.
    #[action(path = "/apart")]
    async fn apart(&self) {
        self.stream(1);
        self.next.notified().await;
        self.stream(2);
        pending::<()>().await;
    }
}

/// A packet that has waited for longer than this leaves by itself. Counts are exact where nothing has taken so long;
/// where a busy machine has, a test tries again.
const DUE: Duration = Duration::from_millis(5);

/// The result of the first attempt that took no longer than [`DUE`].
async fn undisturbed<T>(mut attempt: impl AsyncFnMut() -> T) -> T {
    let since = Instant::now();
    loop {
        let start = Instant::now();
        let result = attempt().await;
        if start.elapsed() <= DUE {
            return result;
        }
        assert!(since.elapsed() < LIMIT, "each attempt was disturbed");
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
    soon("the response", client.read_to_string(&mut response)).await.unwrap();
    (response, writes.load(Ordering::SeqCst))
}

/// On a paused clock a body's turn does not end because the machine is slow.
#[tokio::test(start_paused = true)]
async fn a_thousand_ready_packets_leave_in_two_writes() {
    for length in [1, 100] {
        let path = format!("/burst/1000/{length}");
        let (response, writes) = undisturbed(async || writes(Burst.into_router(), &path).await).await;
        assert_eq!(response.matches("data: \"").count(), 1000);
        assert!(response.ends_with("event: done\nid: outflow-end\ndata:\n\n\r\n0\r\n\r\n"));
        assert!(writes <= 2, "{writes} writes of packets of {length} characters");
    }
}

#[tokio::test]
async fn a_short_stream_leaves_in_one_write_head_and_end_included() {
    let (response, writes) = writes(Burst.into_router(), "/burst/10/1").await;
    assert_eq!(response.matches("data: \"").count(), 10);
    assert_eq!(writes, 1);
}

/// The first piece leaves at once, with the head.
#[tokio::test]
async fn pieces_that_come_one_after_the_other_leave_in_three_writes() {
    let (response, writes) =
        undisturbed(async || writes(Pieces::default().into_router(), "/pieces/passed-on").await).await;
    assert_eq!(response.matches("data: ").count(), 50);
    assert!(writes <= 3, "{writes} writes");
}

#[tokio::test]
async fn a_packet_that_comes_alone_leaves_when_it_comes() {
    let pieces = Pieces::default();
    let mut body = open_get(&pieces.clone().into_router(), "/pieces/apart").await.into_body();
    assert_eq!(frame(&mut body).await.unwrap(), "data: 1\n\n");
    let mut polls = 0;
    let next = poll_fn(|cx| {
        polls += 1;
        Pin::new(&mut body).poll_frame(cx)
    });
    // The packet before has left, and this one comes too late to be its company.
    tokio::spawn(async move {
        tokio::time::sleep(2 * DUE).await;
        pieces.next.notify_one();
    });
    let next = soon("the second packet", next).await.unwrap().unwrap();
    assert_eq!(next.into_data().unwrap(), "data: 2\n\n");
    // One that waits for the packet, and one that takes it.
    assert_eq!(polls, 2);
}

#[tokio::test]
async fn a_large_packet_does_not_end_the_packing() {
    let lengths = undisturbed(async || {
        let body = open_get(&Burst.into_router(), "/burst/after-a-large-one/300/100").await.into_body();
        let mut lengths = Vec::new();
        each_frame(body, |frame| lengths.push(frame.len())).await;
        lengths
    });
    // The large one alone, then 148 packets of 110 bytes a frame, and the rest with the end.
    assert_eq!(lengths.await, [20_010, 148 * 110, 148 * 110, 4 * 110 + 35]);
}

/// Each frame is looked at by itself, so that a long stream can be checked on a busy machine too.
#[tokio::test]
async fn each_frame_of_a_burst_is_full() {
    for path in ["/burst/20000/100", "/burst/after-a-large-one/20000/100"] {
        let filling = async {
            let mut full = 0;
            while full < 100 {
                let mut body = open_get(&Burst.into_router(), path).await.into_body();
                frame(&mut body).await.unwrap();
                // A frame that was due may make the next one short, so the time of both counts.
                let (mut before, mut last) = (Instant::now(), Instant::now());
                while let Some(frame) = frame(&mut body).await {
                    let is_last = frame.ends_with("event: done\nid: outflow-end\ndata:\n\n");
                    if before.elapsed() <= DUE && !is_last {
                        assert_eq!(frame.len(), 148 * 110);
                        full += 1;
                    }
                    (before, last) = (last, Instant::now());
                }
            }
        };
        soon("a hundred full frames", filling).await;
    }
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
    let mut body = soon("the head", client.send_request(request)).await.unwrap().into_body();
    let mut text = Vec::new();
    let mut frames = 0;
    while let Some(frame) = soon("a frame", body.frame()).await {
        text.extend_from_slice(&frame.unwrap().into_data().unwrap());
        frames += 1;
        // Only with a reader that lags behind does the peer count frames.
        if frames < 10 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(body.is_end_stream());
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("data: \"").count(), 20_000);
    assert!(text.ends_with("event: done\nid: outflow-end\ndata:\n\n"));
    drop((client, connection));
}
