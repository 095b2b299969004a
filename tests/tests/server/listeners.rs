//! Servers on other listeners than one TCP socket.

use std::{future::pending, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use futures_util::{FutureExt as _, future::join_all};
use outflow::{Controller as _, Drain, Server, action, controller};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixListener, UnixStream, unix},
    sync::Notify,
    time::Instant,
};

use super::process::{Process, open};
use crate::support::{OnDrop, pipe::Pipes, soon};

#[derive(Clone, Default)]
struct Door {
    dropped: Arc<Notify>,
}

#[controller]
impl Door {
    /// Which door its client came through.
    #[action]
    async fn which(
        &self,
        tcp: Option<Extension<ConnectInfo<SocketAddr>>>,
        unix: Option<Extension<ConnectInfo<unix::SocketAddr>>>,
    ) {
        match (tcp, unix) {
            (Some(Extension(ConnectInfo(addr))), None) => self.stream(format!("TCP from {addr}")),
            (None, Some(Extension(ConnectInfo(addr)))) => self.stream(format!("Unix, unnamed: {}", addr.is_unnamed())),
            _ => self.stream("neither"),
        }
    }

    #[action]
    async fn idle(&self) {
        let _dropped = OnDrop(self.dropped.clone());
        self.stream("waiting");
        pending::<()>().await;
    }

    #[action]
    async fn flood(&self) {
        let _dropped = OnDrop(self.dropped.clone());
        loop {
            self.stream("x".repeat(1000));
        }
    }
}

/// A socket in a folder of its own.
struct Socket(std::path::PathBuf);

impl Socket {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("outflow-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.join("socket"))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

async fn ask(client: &mut (impl AsyncWrite + Unpin), path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
}

/// Everything that comes in answer to a request.
async fn answer(mut client: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    ask(&mut client, path).await;
    let mut answer = String::new();
    soon("the answer", client.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn a_server_has_several_listeners_of_several_kinds() {
    let socket = Socket::new("several");
    let (one, two) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addrs = [one.local_addr().unwrap(), two.local_addr().unwrap()];
    let unix = UnixListener::bind(socket.path()).unwrap();
    let (pipes, accepted) = Pipes::new(1024);
    let server = Server::new(Door::default()).listen(one).listen(unix).listen(accepted).listen(two);
    let server = tokio::spawn(server.run());

    for addr in addrs {
        let client = TcpStream::connect(addr).await.unwrap();
        let own = client.local_addr().unwrap();
        assert!(answer(client, "/door/which").await.contains(&format!("\"TCP from {own}\"")));
    }
    let client = UnixStream::connect(socket.path()).await.unwrap();
    assert!(answer(client, "/door/which").await.contains("\"Unix, unnamed: true\""));
    assert!(answer(pipes.connect(), "/door/which").await.contains("\"neither\""));
    server.abort();
}

#[tokio::test]
async fn a_server_without_a_listener_says_what_is_missing() {
    let error = soon("the error", Server::new(Router::new()).run()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("add one with `listen`"), "{error}");
}

#[tokio::test]
async fn one_signal_stops_all_listeners() {
    let socket = Socket::new("signal");
    let env = [("ADDR", "127.0.0.1:0"), ("GRACE", "0"), ("UNIX", socket.path())];
    let server = Process::start(env!("CARGO_BIN_EXE_fixture"), &env).await;
    let mut tcp = open(server.addr(), "/demo/endless").await;
    let mut unix = UnixStream::connect(socket.path()).await.unwrap();
    ask(&mut unix, "/demo/endless").await;
    assert!(soon("the head", unix.read(&mut [0; 16])).await.unwrap() > 0);

    server.signal("-TERM").await;
    let ends: [&mut (dyn AsyncRead + Send + Unpin); 2] = [&mut tcp, &mut unix];
    join_all(ends.map(async |client| {
        let mut rest = String::new();
        soon("the end of the stream", client.read_to_string(&mut rest)).await.unwrap();
        assert!(rest.contains("event: error\ndata: ") && rest.ends_with("\r\n0\r\n\r\n"), "{rest}");
    }))
    .await;
    server.exits_with(0).await;
}

#[tokio::test]
async fn over_a_unix_socket_a_client_that_leaves_ends_its_action() {
    let (socket, door) = (Socket::new("leaves"), Door::default());
    let dropped = door.dropped.clone();
    let unix = UnixListener::bind(socket.path()).unwrap();
    let server = tokio::spawn(Server::new(door).serve_on(unix));
    for behind in ["", "\r\n"] {
        let mut client = UnixStream::connect(socket.path()).await.unwrap();
        ask(&mut client, "/door/idle").await;
        assert!(soon("the head", client.read(&mut [0; 16])).await.unwrap() > 0);
        client.write_all(behind.as_bytes()).await.unwrap();
        drop(client);
        soon("the end of the action", dropped.notified()).await;
    }
    server.abort();
}

/// Over pipes, whose clock can be stopped. A Unix socket is no other.
#[tokio::test(start_paused = true)]
async fn any_listener_has_the_stall_timeout_and_the_head_timeout() {
    let door = Door::default();
    let dropped = door.dropped.clone();
    let (pipes, accepted) = Pipes::new(1024);
    let server = Server::new(door).stall_timeout(Duration::from_secs(7)).head_timeout(Duration::from_secs(3));
    let server = tokio::spawn(server.serve_on(accepted));

    let start = Instant::now();
    let mut client = pipes.connect();
    ask(&mut client, "/door/flood").await;
    soon("the end of the action", dropped.notified()).await;
    assert_eq!(start.elapsed().as_secs(), 7);

    let start = Instant::now();
    let mut client = pipes.connect();
    client.write_all(b"GET /door").await.unwrap();
    let _ = soon("the end of the connection", client.read_to_end(&mut Vec::new())).await;
    assert_eq!(start.elapsed().as_secs(), 3);
    server.abort();
}

/// Under `axum::serve`, with a `Drain`.
#[tokio::test(start_paused = true)]
async fn a_drain_takes_any_listener_too() {
    let (door, drain) = (Door::default(), Drain::new().grace(Duration::from_secs(5)));
    let (pipes, accepted) = Pipes::new(1024);
    let app = door.into_router().layer(drain.layer());
    let serving = axum::serve(drain.listener(accepted), app).with_graceful_shutdown(drain.started());
    let serving = tokio::spawn(async move { serving.await });
    let mut reads = pipes.connect();
    ask(&mut reads, "/door/idle").await;
    let mut stalls = pipes.connect();
    ask(&mut stalls, "/door/flood").await;
    for client in [&mut reads, &mut stalls] {
        assert!(soon("the head", client.read(&mut [0; 16])).await.unwrap() > 0);
    }

    let start = Instant::now();
    drain.start();
    let mut rest = String::new();
    soon("the end of the stream", reads.read_to_string(&mut rest)).await.unwrap();
    assert!(rest.contains("event: error\ndata: "), "{rest}");
    assert_eq!(start.elapsed().as_secs(), 5);
    soon("the end of the server", serving).await.unwrap().unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(5_500), "the connection that stalls is cut");
    assert!(drain.started().now_or_never().is_some());
}
