//! The server as a process that is stopped by signals.

use std::{future::IntoFuture as _, net::SocketAddr};

use axum::{extract::ConnectInfo, serve::ListenerExt as _};
use outflow::{Controller as _, Drain, Server, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::process::Process;
use crate::support::{soon, until};

struct Who;

#[controller]
impl Who {
    #[action]
    async fn am_i(&self, ConnectInfo(client): ConnectInfo<SocketAddr>) {
        self.stream(client.to_string());
    }
}

/// The client's own address, and what the server takes for it.
async fn who_am_i(addr: SocketAddr) -> (String, String) {
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(b"GET /who/am-i HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon("the answer", client.read_to_string(&mut answer)).await.unwrap();
    (client.local_addr().unwrap().to_string(), answer)
}

#[tokio::test]
async fn an_action_may_ask_for_its_clients_address() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = tcp.local_addr().unwrap();
    let server = tokio::spawn(Server::new(Who).serve_on(tcp));
    let (client, answer) = who_am_i(addr).await;
    assert!(answer.contains(&client), "{answer}");
    server.abort();

    let drain = Drain::new();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = tcp.local_addr().unwrap();
    let app = Who.into_router().layer(drain.layer()).into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(axum::serve(drain.listener(tcp).tap_io(|_| {}), app).into_future());
    let (client, answer) = who_am_i(addr).await;
    assert!(answer.contains(&client), "{answer}");
    server.abort();
}

/// The fixture server, with this many seconds of grace.
async fn start(grace: &str) -> Process {
    Process::start(env!("CARGO_BIN_EXE_fixture"), &[("ADDR", "127.0.0.1:0"), ("GRACE", grace)]).await
}

/// Waits until no new connection is taken: the signal has arrived.
async fn refuses(server: &Process) {
    until("the end of the listener", async || TcpStream::connect(server.addr()).await.is_err()).await;
}

#[tokio::test]
async fn a_signal_ends_an_idle_server() {
    for name in ["-TERM", "-INT"] {
        let server = start("3600").await;
        // An idle kept-alive connection holds nothing up.
        let _idle = server.open("/demo/live").await;
        server.signal(name).await;
        server.exits_with(0).await;
    }
}

#[tokio::test]
async fn open_streams_finish_within_the_grace_period() {
    let server = start("3600").await;
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let request = "POST /demo/upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nha";
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(soon("the head", stream.read(&mut [0; 16])).await.unwrap() > 0);
    server.signal("-TERM").await;
    refuses(&server).await;
    // The action waits for this.
    stream.write_all(b"lf").await.unwrap();
    let mut rest = String::new();
    soon("the end of the stream", stream.read_to_string(&mut rest)).await.unwrap();
    assert!(rest.contains("event: done\nid: outflow-end\ndata: 4\n"), "{rest}");
    server.exits_with(0).await;
}

#[tokio::test]
async fn the_grace_period_ends_and_what_is_open_is_told_so() {
    let server = start("0").await;
    let mut stream = server.open("/demo/endless").await;
    server.signal("-TERM").await;
    let mut rest = String::new();
    soon("the end of the stream", stream.read_to_string(&mut rest)).await.unwrap();
    assert!(rest.contains("event: error\ndata: ") && rest.contains("the server is shutting down"), "{rest}");
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "{rest}");
    server.exits_with(0).await;
}

#[tokio::test]
async fn a_path_that_is_kept_open_is_answered_until_the_end() {
    let env = [("ADDR", "127.0.0.1:0"), ("GRACE", "3600"), ("KEEP_OPEN", "/demo/live")];
    let server = Process::start(env!("CARGO_BIN_EXE_fixture"), &env).await;
    let stream = server.open("/demo/endless").await;
    server.signal("-TERM").await;
    let ask = async |path| {
        let mut answer = String::new();
        soon("the answer", server.ask(path).await.read_to_string(&mut answer)).await.map(|_| answer)
    };
    // On a busy machine a request may come more than a second after its connection, which is closed by then.
    let is_refused = async || ask("/outflow.js").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 503"));
    until("the drain", is_refused).await;
    let live = ask("/demo/live").await.unwrap();
    assert!(live.starts_with("HTTP/1.1 200") && live.ends_with("\r\n1"), "{live}");
    drop(stream);
    server.exits_with(0).await;
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap();
    let error = soon("the error", outflow::serve(axum::Router::new(), addr)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("can't listen on {addr}: ")), "{error}");
}

#[tokio::test]
async fn a_second_signal_ends_the_grace_period() {
    let server = start("3600").await;
    let _stream = server.open("/demo/endless").await;
    server.signal("-INT").await;
    refuses(&server).await;
    server.signal("-INT").await;
    server.exits_with(0).await;
}
