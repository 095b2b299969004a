//! One request on a connection of its own: sends it, and reads what comes into its journal.

use std::{error::Error, future::Future, iter::successors, pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response, Version},
};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{
    journal::{Journal, Pages},
    server::{Connection, Server},
};

/// How long the wire is silent before what has come counts as all there is for now.
const PAUSE: Duration = Duration::from_millis(1);

/// The window of a stream over HTTP/2, so that a client that stops reading is felt soon.
const WINDOW: u32 = 64 * 1024;

/// Runs the exchange to the end of the response.
pub(super) async fn exchange(server: Arc<Server>, request: Request<Body>, journal: Arc<Journal>) {
    let result = match server.connect().await {
        Ok(Connection::Pipe(io)) => talk(io, request, journal.clone()).await,
        Ok(Connection::Tcp(io)) => talk(io, request, journal.clone()).await,
        Err(error) => Err(error.to_string()),
    };
    if let Err(why) = result {
        journal.write(|pages| pages.cut(why));
    }
}

async fn talk<I>(io: I, request: Request<Body>, journal: Arc<Journal>) -> Result<(), String>
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if request.version() != Version::HTTP_2 {
        let handshake = conn::http1::handshake(TokioIo::new(io)).await;
        let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
        return drive(connection, read(sender.send_request(request), journal)).await;
    }
    let mut builder = conn::http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOW);
    let (mut sender, connection) =
        builder.handshake(TokioIo::new(io)).await.map_err(|error: hyper::Error| error.to_string())?;
    drive(connection, read(sender.send_request(request), journal)).await
}

/// Runs the exchange and its connection in one task, so that one ends with the other.
async fn drive<T>(connection: impl Future, exchange: impl Future<Output = T>) -> T {
    let mut exchange = pin!(exchange);
    tokio::select! {
        biased;
        end = &mut exchange => end,
        _ = connection => exchange.await,
    }
}

async fn read(
    response: impl Future<Output = hyper::Result<Response<Incoming>>>,
    journal: Arc<Journal>,
) -> Result<(), String> {
    let (head, mut body) = response.await.map_err(|error| format!("no head came: {}", causes(&error)))?.into_parts();
    journal.write(|pages| pages.head(head.status, head.version, head.headers));
    loop {
        journal.once(|pages| !pages.is_stalled).await;
        let frame = match timeout(PAUSE, body.frame()).await {
            Ok(frame) => frame,
            Err(_) => {
                journal.write(Pages::pause);
                body.frame().await
            }
        };
        match frame {
            None => break journal.write(Pages::finish),
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    journal.write(|pages| pages.bytes(&bytes));
                }
            }
            Some(Err(error)) => return Err(causes(&error)),
        }
    }
    Ok(())
}

/// An error with its causes.
fn causes(error: &hyper::Error) -> String {
    let first: &(dyn Error + 'static) = error;
    let all = successors(Some(first), |error| <dyn Error>::source(*error));
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
