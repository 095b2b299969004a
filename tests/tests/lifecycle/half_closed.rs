//! Clients that close their side after an upload: what they have sent arrives.
//!
//! Requests are written by hand, because a library for clients closes both sides at once.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use futures_util::StreamExt as _;
use outflow::{Controller as _, Drain, action, controller};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    sync::{Semaphore, mpsc},
    time::sleep,
};

use crate::support::{serve_drained, until};

#[derive(Clone)]
struct Ingest {
    /// A permit lets an action read one more piece.
    pieces: Arc<Semaphore>,
    /// The length of each body that has been read.
    lengths: mpsc::UnboundedSender<Result<usize, String>>,
}

#[controller]
impl Ingest {
    #[action(post, on_disconnect = finish, heartbeat = "0s")]
    async fn slowly(&self, body: Body) {
        self.stream("start");
        let mut body = body.into_data_stream();
        let mut result = Ok(0);
        loop {
            self.pieces.acquire().await.unwrap().forget();
            match (body.next().await, &mut result) {
                (Some(Ok(piece)), Ok(length)) => *length += piece.len(),
                (Some(Err(error)), _) => break result = Err(error.to_string()),
                _ => break,
            }
        }
        self.lengths.send(result).unwrap();
    }
}

#[tokio::test]
async fn a_whole_upload_arrives_though_its_client_has_left() {
    let (lengths, mut received) = mpsc::unbounded_channel();
    let ingest = Ingest { pieces: Arc::new(Semaphore::new(0)), lengths };
    let addr = serve_drained(&Drain::new(), ingest.clone().into_router()).await;
    for length in [10, 200_000] {
        let mut client = TcpStream::connect(addr).await.unwrap();
        let head = format!("POST /ingest/slowly HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        client.write_all(&vec![b'x'; length]).await.unwrap();
        client.shutdown().await.unwrap();
        // The server looks several times after its client before it reads on.
        sleep(Duration::from_millis(300)).await;
        let mut arrived = None;
        until("the whole body", async || {
            ingest.pieces.add_permits(1);
            arrived = arrived.take().or(received.try_recv().ok());
            arrived.is_some()
        })
        .await;
        assert_eq!(arrived, Some(Ok(length)));
        ingest.pieces.forget_permits(ingest.pieces.available_permits());
    }
}
