//! Listeners whose connections begin with a handshake.

use std::{io, time::Duration};

use outflow::{HandshakeListener, Server, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    time::Instant,
};

use crate::support::{pipe::Pipes, soon};

struct Hello;

#[controller]
impl Hello {
    #[action]
    async fn world(&self) {
        self.stream("hello");
    }
}

/// A handshake of one byte each way.
async fn shake(mut pipe: DuplexStream) -> io::Result<DuplexStream> {
    if pipe.read_u8().await? != b'?' {
        return Err(io::Error::other("not the right byte"));
    }
    pipe.write_u8(b'!').await?;
    Ok(pipe)
}

/// A server with such a handshake.
fn serve() -> Pipes {
    let (pipes, accepted) = Pipes::new(1024);
    let server = Server::new(Hello).head_timeout(Duration::from_secs(3));
    tokio::spawn(server.serve_on(HandshakeListener::new(accepted, shake)));
    pipes
}

async fn answer(mut client: DuplexStream) -> String {
    client.write_all(b"GET /hello/world HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon("the answer", client.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test(start_paused = true)]
async fn a_slow_handshake_holds_up_nobody_else() {
    let pipes = serve();
    let mut slow = pipes.connect();
    let mut quick = pipes.connect();
    quick.write_u8(b'?').await.unwrap();
    assert_eq!(soon("the reply", quick.read_u8()).await.unwrap(), b'!');
    assert!(answer(quick).await.contains("data: \"hello\""));

    slow.write_u8(b'?').await.unwrap();
    assert_eq!(soon("the reply", slow.read_u8()).await.unwrap(), b'!');
    assert!(answer(slow).await.contains("data: \"hello\""));
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_end_is_cut_by_the_head_timeout() {
    let (pipes, start) = (serve(), Instant::now());
    let mut client = pipes.connect();
    assert_eq!(soon("the end of the connection", client.read(&mut [0; 1])).await.unwrap(), 0);
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_fails_ends_its_own_connection_only() {
    let (pipes, start) = (serve(), Instant::now());
    let mut client = pipes.connect();
    client.write_u8(b'x').await.unwrap();
    assert_eq!(soon("the end of the connection", client.read(&mut [0; 1])).await.unwrap(), 0);
    assert_eq!(start.elapsed().as_secs(), 0);

    let mut client = pipes.connect();
    client.write_u8(b'?').await.unwrap();
    assert_eq!(soon("the reply", client.read_u8()).await.unwrap(), b'!');
    assert!(answer(client).await.contains("data: \"hello\""));
}
