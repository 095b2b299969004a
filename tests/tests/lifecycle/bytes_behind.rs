//! Bytes behind a request: they must not hide that the client leaves, and none of them may be lost.
//!
//! Requests are written by hand, because no library for clients sends such bytes.

use std::{future::pending, net::SocketAddr, sync::Arc};

use axum::{Router, body::Body};
use futures_util::StreamExt as _;
use outflow::{Controller as _, Drain, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, Semaphore},
};

use crate::support::{OnDrop, serve_drained, soon, until};

#[derive(Clone)]
struct Behind {
    dropped: Arc<Notify>,
    /// A permit lets an action go on.
    go_on: Arc<Semaphore>,
}

#[controller]
impl Behind {
    /// Never writes again, so that only the end of the input tells that its client has left.
    #[action(get, post, heartbeat = "0s")]
    async fn idle(&self) {
        let _guard = OnDrop(self.dropped.clone());
        self.stream("tick");
        pending::<()>().await;
    }

    /// Fills every buffer on the way to a client that reads nothing.
    #[action(heartbeat = "0s")]
    async fn held_up(&self) {
        let _guard = OnDrop(self.dropped.clone());
        loop {
            self.stream("tock".repeat(4_000));
        }
    }

    #[action(heartbeat = "0s")]
    async fn held(&self) {
        self.stream("tick");
        self.go_on.acquire().await.unwrap().forget();
        self.stream("tock");
    }

    /// Adds up its body, one piece for each permit, until it is let run.
    #[action(post, heartbeat = "0s")]
    async fn count(&self, body: Body) {
        let _guard = OnDrop(self.dropped.clone());
        let mut body = body.into_data_stream();
        self.stream("start ");
        let (mut bytes, mut sum) = (0, 0);
        while let Some(piece) = body.next().await {
            for byte in &*piece.unwrap() {
                sum = (sum * 31 + u64::from(*byte)) % 1_000_003;
                bytes += 1;
            }
            self.go_on.acquire().await.unwrap().forget();
        }
        self.stream(format!("{bytes} bytes, {sum}"));
    }
}

async fn start(drain: Drain) -> (SocketAddr, Behind) {
    let behind = Behind { dropped: Arc::default(), go_on: Arc::new(Semaphore::new(0)) };
    (serve_drained(&drain, behind.clone().into_router()).await, behind)
}

const BEHIND: [&str; 3] = ["\r\n", "x", "GET /behind/held HTTP/1.1\r\nhost: a\r\n\r\n"];

fn get(path: &str, accept: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\naccept: {accept}\r\n\r\n")
}

async fn open(addr: SocketAddr, request: &str) -> TcpStream {
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    assert!(soon("the head", client.read(&mut [0; 16])).await.unwrap() > 0);
    client
}

async fn read_until(client: &mut TcpStream, what: &str) -> String {
    let mut text = String::new();
    while !text.contains(what) {
        let mut bytes = [0; 4096];
        let read = soon(what, client.read(&mut bytes)).await.unwrap();
        assert!(read > 0, "the connection ended after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}

/// By a FIN, or by an RST.
async fn leave(client: TcpStream, is_reset: bool) {
    if is_reset {
        client.set_zero_linger().unwrap();
    }
    drop(client);
}

#[tokio::test]
async fn bytes_behind_a_request_do_not_hide_that_its_client_leaves() {
    let (addr, behind) = start(Drain::new()).await;
    for accept in ["text/event-stream", "application/x-ndjson", "text/csv", "text/plain", "application/octet-stream"] {
        for more in BEHIND {
            for is_reset in [false, true] {
                let client = open(addr, &(get("/behind/idle", accept) + more)).await;
                leave(client, is_reset).await;
                let what = format!("the end of {accept} with {more:?} behind, reset: {is_reset}");
                soon(what, behind.dropped.notified()).await;
            }
        }
    }
}

#[tokio::test]
async fn nor_do_bytes_that_come_later_or_behind_a_body() {
    let (addr, behind) = start(Drain::new()).await;
    for more in BEHIND {
        let post = "POST /behind/idle HTTP/1.1\r\nhost: a\r\naccept: text/csv\r\ncontent-length: 2\r\n\r\nhi";
        let client = open(addr, &format!("{post}{more}")).await;
        leave(client, false).await;
        soon(format!("the end with {more:?} behind the body"), behind.dropped.notified()).await;

        let mut client = open(addr, &get("/behind/idle", "text/csv")).await;
        for byte in more.bytes() {
            client.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        leave(client, false).await;
        soon(format!("the end with {more:?} later"), behind.dropped.notified()).await;
    }
}

#[tokio::test]
async fn nor_does_more_than_is_read_ahead() {
    let (addr, behind) = start(Drain::new()).await;
    for is_reset in [false, true] {
        let mut client = open(addr, &get("/behind/idle", "text/csv")).await;
        // More than the server reads ahead, less than the sockets hold.
        client.write_all(&[b'x'; 300_000]).await.unwrap();
        leave(client, is_reset).await;
        soon(format!("the end, reset: {is_reset}"), behind.dropped.notified()).await;
    }
}

#[tokio::test]
async fn nor_do_they_while_the_server_can_not_write() {
    let (addr, behind) = start(Drain::new()).await;
    let client = open(addr, &(get("/behind/held-up", "text/plain") + "\r\n")).await;
    leave(client, true).await;
    soon("the end of the action", behind.dropped.notified()).await;
}

#[tokio::test]
async fn clients_that_have_left_take_no_place() {
    let (addr, _) = start(Drain::new().max_streams(100)).await;
    for _ in 0..100 {
        leave(open(addr, &(get("/behind/idle", "text/csv") + "\r\n")).await, false).await;
    }
    until("a free place", async || {
        let mut client = TcpStream::connect(addr).await.unwrap();
        client.write_all(get("/behind/idle", "text/csv").as_bytes()).await.unwrap();
        let mut status = [0; 12];
        soon("the status", client.read_exact(&mut status)).await.unwrap();
        status == *b"HTTP/1.1 200"
    })
    .await;
}

#[tokio::test]
async fn requests_behind_a_request_are_answered_in_their_order() {
    let (addr, behind) = start(Drain::new()).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    let held = get("/behind/held", "text/plain");
    // The last one is split, so that some of it comes later.
    let nowhere = get(&format!("/nowhere?{}", "x".repeat(5_000)), "*/*");
    client.write_all(format!("{held}{held}\r\n{}", &nowhere[..2_000]).as_bytes()).await.unwrap();
    read_until(&mut client, "tick").await;
    client.write_all(&nowhere.as_bytes()[2_000..]).await.unwrap();
    behind.go_on.add_permits(1);
    let second = read_until(&mut client, "HTTP/1.1 200 OK").await;
    assert!(second.starts_with("4\r\ntock\r\n0\r\n\r\n"), "{second}");
    if !second.contains("tick") {
        read_until(&mut client, "tick").await;
    }
    behind.go_on.add_permits(1);
    read_until(&mut client, "HTTP/1.1 404 Not Found").await;
    // The connection is still good.
    client.write_all(held.as_bytes()).await.unwrap();
    read_until(&mut client, "tick").await;
}

/// The client is still there, so the server holds back what the action does not read, and loses none of it.
#[tokio::test]
async fn a_body_that_is_read_slowly_arrives_whole() {
    let (addr, behind) = start(Drain::new()).await;
    let body: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let sum = body.iter().fold(0, |sum, byte| (sum * 31 + u64::from(*byte)) % 1_000_003);
    let head = format!(
        "POST /behind/count HTTP/1.1\r\nhost: a\r\naccept: text/plain\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut client = open(addr, &head).await;
    let (mut read, mut write) = client.split();
    let upload = async {
        write.write_all(&body).await.unwrap();
        // A request behind the body.
        write.write_all(get("/nowhere", "*/*").as_bytes()).await.unwrap();
    };
    let answer = async {
        // Slow at first, so that everything on the way fills up.
        for _ in 0..50 {
            behind.go_on.add_permits(1);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        behind.go_on.add_permits(1_000_000);
        let mut text = String::new();
        while !text.contains("404 Not Found") {
            let mut bytes = [0; 4096];
            let length = soon("the answer", read.read(&mut bytes)).await.unwrap();
            assert!(length > 0, "the connection ended after {text:?}");
            text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
        text
    };
    let ((), text) = tokio::join!(upload, answer);
    assert!(text.contains(&format!("{} bytes, {sum}", body.len())), "{text}");
}

#[tokio::test]
async fn a_client_that_leaves_an_upload_that_nobody_reads_is_noticed() {
    let (addr, behind) = start(Drain::new()).await;
    for sent in [100, 30_000, 500_000] {
        let head = "POST /behind/count HTTP/1.1\r\nhost: a\r\naccept: text/plain\r\ncontent-length: 900000\r\n\r\n";
        let mut client = open(addr, head).await;
        client.write_all(&vec![b'x'; sent]).await.unwrap();
        leave(client, false).await;
        soon(format!("the end after {sent} bytes"), behind.dropped.notified()).await;
    }
}

/// Both halves of an upgraded connection are used by tasks of their own, and neither may lose its waker.
#[tokio::test]
async fn an_upgraded_connection_is_left_alone() {
    let app = Router::new().route(
        "/echo",
        axum::routing::get(async |request: axum::extract::Request| {
            tokio::spawn(async {
                let upgraded = hyper::upgrade::on(request).await.unwrap();
                let (mut read, mut write) = tokio::io::split(hyper_util::rt::TokioIo::new(upgraded));
                let (pieces, mut received) = tokio::sync::mpsc::channel::<Vec<u8>>(1);
                tokio::spawn(async move {
                    let mut bytes = [0; 64];
                    while let Ok(length @ 1..) = read.read(&mut bytes).await {
                        pieces.send(bytes[..length].to_vec()).await.unwrap();
                    }
                });
                while let Some(piece) = received.recv().await {
                    write.write_all(&piece).await.unwrap();
                    write.flush().await.unwrap();
                }
            });
            (axum::http::StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "echo")])
        }),
    );
    let addr = serve_drained(&Drain::new(), app).await;
    let mut client = TcpStream::connect(addr).await.unwrap();
    let request = "GET /echo HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nearly";
    client.write_all(request.as_bytes()).await.unwrap();
    let mut text = read_until(&mut client, "\r\n\r\n").await;
    if !text.ends_with("early") {
        text = read_until(&mut client, "early").await;
    }
    assert!(text.ends_with("early"), "{text}");
    for i in 0..100 {
        client.write_all(format!("<{i}>").as_bytes()).await.unwrap();
        assert_eq!(read_until(&mut client, ">").await, format!("<{i}>"));
    }
    client.shutdown().await.unwrap();
    assert_eq!(soon("the end", client.read(&mut [0; 16])).await.unwrap(), 0);
}
