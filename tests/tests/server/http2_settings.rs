//! The HTTP/2 settings of a server. The clock is paused.

use std::{future::pending, sync::Arc, time::Duration};

use axum::http::Request;
use outflow::{Http2Settings, Server, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    sync::Notify,
    time::Instant,
};

use crate::support::{OnDrop, pipe::Pipes, soon};

#[derive(Clone, Default)]
struct Idle {
    dropped: Arc<Notify>,
}

#[controller]
impl Idle {
    #[action(heartbeat = "0s")]
    async fn forever(&self) {
        let _dropped = OnDrop(self.dropped.clone());
        self.stream("one");
        pending::<()>().await;
    }
}

/// A server with these settings, and a connection to it.
fn serve(settings: Http2Settings) -> (DuplexStream, Idle) {
    let idle = Idle::default();
    let (pipes, accepted) = Pipes::new(64 * 1024);
    tokio::spawn(Server::new(idle.clone()).http2(settings).serve_on(accepted));
    (pipes.connect(), idle)
}

/// The next frame: its type, its stream and its payload.
async fn frame(client: &mut DuplexStream) -> (u8, u32, Vec<u8>) {
    let mut head = [0; 9];
    soon("a frame", client.read_exact(&mut head)).await.unwrap();
    let [a, b, c, kind, _, stream @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    soon("its payload", client.read_exact(&mut payload)).await.unwrap();
    (kind, u32::from_be_bytes(stream), payload)
}

#[tokio::test(start_paused = true)]
async fn windows_and_the_number_of_streams_are_announced() {
    let settings = Http2Settings::new().max_streams(7).stream_window(100_000).connection_window(300_000);
    let (mut client, _) = serve(settings);
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let (kind, _, settings) = frame(&mut client).await;
    assert_eq!(kind, 4, "SETTINGS");
    let value = |name: u16| {
        let setting = settings.chunks_exact(6).find(|setting| setting[..2] == name.to_be_bytes())?;
        Some(u32::from_be_bytes(setting[2..].try_into().unwrap()))
    };
    assert_eq!((value(3), value(4)), (Some(7), Some(100_000)));
    // The connection's window begins with 65,535 bytes (RFC 9113, section 6.9.2).
    let update = loop {
        if let (8, 0, increment) = frame(&mut client).await {
            break u32::from_be_bytes(increment.try_into().unwrap());
        }
    };
    assert_eq!(update, 300_000 - 65_535);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_no_ping_is_cut_and_its_action_is_dropped() {
    let (client, idle) = serve(Http2Settings::new().ping(Duration::from_secs(30), Duration::from_secs(10)));
    let (mut requests, mut connection) = h2::client::handshake(client).await.unwrap();
    let request = Request::get("http://localhost/idle/forever").body(()).unwrap();
    let (response, _) = requests.send_request(request, true).unwrap();
    let response = tokio::select! {
        response = response => response.unwrap(),
        _ = &mut connection => panic!("the connection ended"),
    };
    // From here on nobody polls the connection, so no ping is answered.
    let start = Instant::now();
    soon("the end of the action", idle.dropped.notified()).await;
    assert_eq!(start.elapsed().as_secs(), 40);
    drop((response, connection));
}

#[tokio::test(start_paused = true)]
async fn answers_to_pings_keep_a_stream_open_and_no_connection_without_one() {
    let (client, idle) = serve(Http2Settings::new().ping(Duration::from_secs(30), Duration::from_secs(10)));
    let (mut requests, connection) = h2::client::handshake(client).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("http://localhost/idle/forever").body(()).unwrap();
    let (response, _) = requests.send_request(request, true).unwrap();
    let response = soon("the head", response).await.unwrap();
    let idle_for = tokio::time::timeout(Duration::from_secs(3600), idle.dropped.notified()).await;
    assert!(idle_for.is_err() && !connection.is_finished(), "the stream has ended");

    drop(response);
    soon("the end of the action", idle.dropped.notified()).await;
    let start = Instant::now();
    let _ = soon("the end of the connection", connection).await;
    assert_eq!(start.elapsed().as_secs(), 11 * 60);
    drop(requests);
}
