//! Connections that send no request, or a part of one, are cut; those whose requests take long are not. The clock is
//! paused, so the times are those of the server's timers. Requests are written by hand, because half of a head is the
//! subject.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::{get, post},
};
use futures_util::StreamExt as _;
use outflow::{Controller as _, Drain, Server, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::{Instant, sleep},
};

use crate::support::{pace_clock, serve_drained, soon};

#[derive(Clone, Default)]
pub(super) struct Slow {
    pub(super) go_on: Arc<Notify>,
}

#[controller]
impl Slow {
    /// Idle for long, and then one more packet.
    #[action(heartbeat = "0s")]
    async fn idle(&self) {
        self.stream("tick");
        self.go_on.notified().await;
        self.stream("tock");
    }

    /// Reads its body, and says how long it was.
    #[action(post)]
    async fn upload(&self, body: Body) {
        let mut body = body.into_data_stream();
        let mut bytes = 0;
        while let Some(piece) = body.next().await {
            bytes += piece.unwrap().len();
        }
        self.stream(format!("{bytes} bytes"));
    }
}

/// More than the sockets hold.
const LARGE: usize = 10_000_000;

/// The default.
pub(super) const HEAD: Duration = Duration::from_secs(30);

/// Outflow's own routes, and an ordinary handler that answers after three timeouts.
pub(super) fn app() -> (Router, Slow) {
    let slow = Slow::default();
    let handler = get(async || {
        sleep(3 * HEAD).await;
        "slow"
    });
    let upload = post(async |body: Bytes| format!("{} bytes", body.len()));
    let large = get(async || "x".repeat(LARGE) + "end");
    let app = slow.clone().into_router().route("/handler", handler).route("/upload", upload).route("/large", large);
    (app, slow)
}

async fn start() -> (SocketAddr, Slow) {
    let (app, slow) = app();
    (serve_drained(&Drain::new(), app).await, slow)
}

pub(super) async fn connect(addr: SocketAddr) -> TcpStream {
    pace_clock(Duration::from_micros(200));
    TcpStream::connect(addr).await.unwrap()
}

pub(super) fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\naccept: text/plain\r\n\r\n")
}

pub(super) async fn read_until(client: &mut TcpStream, what: &str) -> String {
    let mut text = String::new();
    while !text.contains(what) {
        let mut bytes = [0; 4096];
        let read = soon(what, client.read(&mut bytes)).await.unwrap();
        assert!(read > 0, "the connection ended after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}

/// Waits until the connection ends without another byte.
async fn is_cut(client: &mut TcpStream) {
    let read = soon("the end of the connection", client.read(&mut [0; 64])).await;
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

const BEGUN: &str = "GET /slow/idle HTTP/1.1\r\nhost: a\r\naccept: text/pl";

#[tokio::test(start_paused = true)]
async fn a_first_head_that_does_not_end_is_cut() {
    let (addr, _) = start().await;
    for begun in ["", "G", "PRI * HTTP/2.0\r\n\r\n", "\r\n\r\n", BEGUN] {
        let since = Instant::now();
        let mut client = connect(addr).await;
        client.write_all(begun.as_bytes()).await.unwrap();
        is_cut(&mut client).await;
        assert_eq!(since.elapsed().as_secs(), 30, "{begun:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_cuts_it_too() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = tcp.local_addr().unwrap();
    let server = tokio::spawn(Server::new(app().0).head_timeout(2 * HEAD).serve_on(tcp));
    for begun in ["", BEGUN] {
        let mut client = connect(addr).await;
        client.write_all(begun.as_bytes()).await.unwrap();
        is_cut(&mut client).await;
    }
    // A later one, too, which needs the layer.
    let mut client = connect(addr).await;
    client.write_all(request("/nowhere").as_bytes()).await.unwrap();
    read_until(&mut client, "\r\n\r\n").await;
    client.write_all(BEGUN.as_bytes()).await.unwrap();
    let since = Instant::now();
    is_cut(&mut client).await;
    assert_eq!(since.elapsed().as_secs(), 60);
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_cut() {
    let (addr, _) = start().await;
    let mut client = connect(addr).await;
    let endless = BEGUN.bytes().chain(std::iter::repeat(b'x'));
    let dripping = async {
        for byte in endless {
            if client.write_all(&[byte]).await.is_err() {
                return;
            }
            sleep(HEAD / 10).await;
        }
    };
    soon("the end of the connection", dripping).await;
}

#[tokio::test(start_paused = true)]
async fn a_later_head_that_does_not_end_is_cut() {
    let (addr, _) = start().await;
    let mut client = connect(addr).await;
    for _ in 0..2 {
        client.write_all(request("/handler").as_bytes()).await.unwrap();
        read_until(&mut client, "slow").await;
        // Between two requests it may be idle for longer.
        sleep(2 * HEAD).await;
    }
    client.write_all(BEGUN.as_bytes()).await.unwrap();
    is_cut(&mut client).await;
}

#[tokio::test(start_paused = true)]
async fn handlers_and_idle_streams_take_as_long_as_they_want() {
    let (addr, slow) = start().await;
    let mut client = connect(addr).await;
    client.write_all(request("/handler").as_bytes()).await.unwrap();
    read_until(&mut client, "slow").await;
    client.write_all(request("/slow/idle").as_bytes()).await.unwrap();
    read_until(&mut client, "tick").await;
    // Bytes behind the request, while it is open, begin no head.
    client.write_all(b"\r\nGET /hand").await.unwrap();
    sleep(4 * HEAD).await;
    slow.go_on.notify_one();
    read_until(&mut client, "tock\r\n0\r\n\r\n").await;
    client.write_all(b"ler HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    read_until(&mut client, "slow").await;
}

#[tokio::test(start_paused = true)]
async fn so_do_uploads() {
    let (addr, _) = start().await;
    for path in ["/slow/upload", "/upload"] {
        let mut client = connect(addr).await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\naccept: text/plain\r\ncontent-length: 8\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..8 {
            sleep(HEAD / 2).await;
            client.write_all(b"x").await.unwrap();
        }
        read_until(&mut client, "8 bytes").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_is_closed_after_a_while() {
    let (addr, slow) = start().await;
    let mut client = connect(addr).await;
    for _ in 0..2 {
        client.write_all(request("/slow/idle").as_bytes()).await.unwrap();
        read_until(&mut client, "tick").await;
        sleep(Duration::from_secs(20 * 60)).await;
        slow.go_on.notify_one();
        read_until(&mut client, "tock\r\n0\r\n\r\n").await;
        sleep(Duration::from_secs(10 * 60)).await;
    }
    let since = Instant::now();
    assert_eq!(soon("the end of the connection", client.read(&mut [0; 64])).await.unwrap(), 0);
    assert_eq!(since.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_head_timeout_may_be_for_ever() {
    let drain = Drain::new().head_timeout(Duration::MAX);
    let mut client = connect(serve_drained(&drain, app().0).await).await;
    let request = request("/nowhere");
    for piece in request.as_bytes().chunks(request.len() / 4) {
        client.write_all(piece).await.unwrap();
        sleep(HEAD / 4).await;
    }
    read_until(&mut client, "404 Not Found").await;
}

/// Old clients send a line break after a body (RFC 9112, section 2.2).
#[tokio::test(start_paused = true)]
async fn a_stray_line_break_is_no_head() {
    let (addr, _) = start().await;
    let mut client = connect(addr).await;
    for stray in ["\r\n", "\n"] {
        client.write_all(b"POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
        read_until(&mut client, "2 bytes").await;
        client.write_all(stray.as_bytes()).await.unwrap();
        sleep(3 * HEAD).await;
    }
    // It does not keep the connection open for ever.
    let since = Instant::now();
    is_cut(&mut client).await;
    assert_eq!(since.elapsed().as_secs(), 11 * 60 - 90);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_leaves_slowly_is_not_cut_by_the_head_behind_it() {
    let addr = serve_drained(&Drain::new().stall_timeout(Duration::MAX), app().0).await;
    let mut client = connect(addr).await;
    client.write_all(request("/large").as_bytes()).await.unwrap();
    let mut answer = vec![0; LARGE];
    let (first, rest) = answer.split_at_mut(100_000);
    client.read_exact(first).await.unwrap();
    for begun in ["\r\n", "GET /hand"] {
        client.write_all(begun.as_bytes()).await.unwrap();
        sleep(HEAD * 4 / 5).await;
    }
    sleep(HEAD * 4 / 5).await;
    soon("the answer", client.read_exact(rest)).await.unwrap();
    read_until(&mut client, "end").await;
    client.write_all(b"ler HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    read_until(&mut client, "slow").await;
}

/// Without a request on their connection, a half head and a client that answers no PING don't hold up the end.
#[tokio::test(start_paused = true)]
async fn a_server_that_stops_does_not_wait_for_a_head() {
    for begun in ["", "\r\n", BEGUN, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"] {
        for is_kept in [false, true] {
            if is_kept && begun.starts_with("PRI") {
                continue;
            }
            let drain = Drain::new();
            let listener = drain.listener(TcpListener::bind("127.0.0.1:0").await.unwrap());
            let addr = axum::serve::Listener::local_addr(&listener).unwrap();
            let app = app().0.layer(drain.layer());
            let serve = axum::serve(listener, app).with_graceful_shutdown(drain.started());
            let server = tokio::spawn(async { serve.await.unwrap() });
            let mut client = connect(addr).await;
            if is_kept {
                client.write_all(request("/nowhere").as_bytes()).await.unwrap();
                read_until(&mut client, "\r\n\r\n").await;
            }
            client.write_all(begun.as_bytes()).await.unwrap();
            sleep(HEAD / 2).await;
            let since = Instant::now();
            drain.start();
            soon("the end of the server", server).await.unwrap();
            assert!(since.elapsed().as_secs() < 3, "after {begun:?}: {:?}", since.elapsed());
        }
    }
}
