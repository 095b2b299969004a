//! The server as a process: it takes its orders by signal.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

/// The fixture server on a port of its own, with this many seconds of grace.
async fn start(grace: &str) -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_fixture"))
        .env("ADDR", "127.0.0.1:0")
        .env("GRACE", grace)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    (server, line.strip_prefix("listening on http://").unwrap().to_owned())
}

async fn open(addr: &str, path: &str) -> TcpStream {
    let mut client = TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    assert!(client.read(&mut [0; 16]).await.unwrap() > 0);
    client
}

async fn signal(server: &Child, signal: &str) {
    let id = server.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
}

/// Waits until no new connection is taken: the signal has arrived.
async fn refuses(addr: &str) {
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

async fn exits_well(mut server: Child) {
    let status = timeout(Duration::from_secs(20), server.wait()).await.expect("the server did not exit").unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_signal_ends_an_idle_server() {
    for name in ["-TERM", "-INT"] {
        let (server, addr) = start("3600").await;
        // An idle kept-alive connection holds nothing up.
        let _idle = open(&addr, "/demo/live").await;
        signal(&server, name).await;
        exits_well(server).await;
    }
}

#[tokio::test]
async fn open_streams_finish_within_the_grace_period() {
    let (server, addr) = start("3600").await;
    let mut stream = TcpStream::connect(&addr).await.unwrap();
    let request = "POST /demo/upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nha";
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(stream.read(&mut [0; 16]).await.unwrap() > 0);
    signal(&server, "-TERM").await;
    refuses(&addr).await;
    // The action waits for this.
    stream.write_all(b"lf").await.unwrap();
    let mut rest = String::new();
    timeout(Duration::from_secs(20), stream.read_to_string(&mut rest)).await.unwrap().unwrap();
    assert!(rest.contains("event: done\nid: outflow-end\ndata: 4\n"), "{rest}");
    exits_well(server).await;
}

#[tokio::test]
async fn the_grace_period_ends_and_what_is_open_is_told_so() {
    let (server, addr) = start("0").await;
    let mut stream = open(&addr, "/demo/endless").await;
    signal(&server, "-TERM").await;
    let mut rest = String::new();
    timeout(Duration::from_secs(20), stream.read_to_string(&mut rest)).await.unwrap().unwrap();
    assert!(rest.contains("event: error\ndata: ") && rest.contains("the server is shutting down"), "{rest}");
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "{rest}");
    exits_well(server).await;
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap();
    let error = outflow::serve(axum::Router::new(), addr).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("can't listen on {addr}: ")), "{error}");
}

#[tokio::test]
async fn a_second_signal_ends_the_grace_period() {
    let (server, addr) = start("3600").await;
    let _stream = open(&addr, "/demo/endless").await;
    signal(&server, "-INT").await;
    refuses(&addr).await;
    signal(&server, "-INT").await;
    exits_well(server).await;
}
