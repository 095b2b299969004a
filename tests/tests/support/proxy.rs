//! A TCP proxy that cuts connections where a test wants it.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
};

/// Decides, from the bytes that the server has sent so far, after how many of them the connection is cut.
pub type Cut = Box<dyn FnMut(&[u8]) -> Option<usize> + Send>;

/// Passes on to `server`; each connection is given its own [`Cut`].
pub async fn cutting(server: SocketAddr, mut next: impl FnMut() -> Cut + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, server, next()));
        }
    });
    addr
}

async fn pass(mut client: TcpStream, server: SocketAddr, mut cut: Cut) {
    let mut upstream = TcpStream::connect(server).await.unwrap();
    let (mut from_server, mut to_server) = upstream.split();
    let (mut from_client, mut to_client) = client.split();
    let back = async {
        let (mut seen, mut buffer, mut sent) = (Vec::new(), [0; 4096], 0);
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            seen.extend(&buffer[..read]);
            let end = cut(&seen).filter(|end| *end <= seen.len());
            let until = end.unwrap_or(seen.len()).max(sent);
            if to_client.write_all(&seen[sent..until]).await.is_err() || end.is_some() {
                return;
            }
            sent = until;
        }
    };
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        () = back => {}
    }
}
