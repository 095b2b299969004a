//! The floor: a plain loop that makes the same strings, writes the same bytes into 16 KiB buffers and hands them to
//! hyper. It knows its strings need no escapes, and looks at neither the request's head nor anything else.

use std::{
    convert::Infallible,
    ops::Range,
    pin::Pin,
    task::{Context, Poll},
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body::{Body, Frame};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const BUFFER: usize = 16 * 1024;

struct Burst(Range<u32>);

impl Body for Burst {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let mut buffer = Vec::with_capacity(BUFFER);
        while buffer.len() + 32 < BUFFER {
            let Some(i) = self.0.next() else { break };
            let packet = format!("i={i}");
            buffer.extend_from_slice(b"data: \"");
            buffer.extend_from_slice(packet.as_bytes());
            buffer.extend_from_slice(b"\"\n\n");
        }
        Poll::Ready(Some(Ok(Frame::data(buffer.into()))))
    }
}

async fn burst(request: Request<Incoming>) -> Result<Response<Burst>> {
    let n = request.uri().path().strip_prefix("/bench/burst/").context("the floor has one route")?;
    Ok(Response::builder().header("content-type", "text/event-stream").body(Burst(0..n.parse()?))?)
}

pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (connection, _) = listener.accept().await?;
        connection.set_nodelay(true)?;
        tokio::spawn(async move {
            // A client that leaves is none of the floor's business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(connection), service_fn(burst)).await;
        });
    }
}
