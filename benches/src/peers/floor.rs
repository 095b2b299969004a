//! The floor: a plain loop that makes the same strings, writes the same bytes into 16 KiB buffers and hands them to
//! hyper. It knows its strings need no escapes, and looks at neither the request's head nor anything else. Its idle stream
//! is what hyper itself holds for a connection.

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

enum Packets {
    Burst(Range<u32>),
    /// One packet, and then nothing for ever.
    Idle(Option<&'static [u8]>),
}

impl Body for Packets {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let numbers = match &mut *self {
            Self::Burst(numbers) if Range::is_empty(numbers) => return Poll::Ready(None),
            Self::Burst(numbers) => numbers,
            Self::Idle(packet) => {
                return packet.take().map_or(Poll::Pending, |packet| Poll::Ready(Some(Ok(Frame::data(packet.into())))));
            }
        };
        let mut buffer = Vec::with_capacity(BUFFER);
        while buffer.len() + 32 < BUFFER {
            let Some(i) = numbers.next() else { break };
            let packet = format!("i={i}");
            buffer.extend_from_slice(b"data: \"");
            buffer.extend_from_slice(packet.as_bytes());
            buffer.extend_from_slice(b"\"\n\n");
        }
        Poll::Ready(Some(Ok(Frame::data(buffer.into()))))
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Packets>> {
    let packets = match request.uri().path() {
        "/bench/idle" => Packets::Idle(Some(b"data: \"open\"\n\n")),
        path => Packets::Burst(0..path.strip_prefix("/bench/burst/").context("the floor has two routes")?.parse()?),
    };
    Ok(Response::builder().header("content-type", "text/event-stream").body(packets)?)
}

pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (connection, _) = listener.accept().await?;
        connection.set_nodelay(true)?;
        tokio::spawn(async move {
            // A client that leaves is none of the floor's business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(connection), service_fn(answer)).await;
        });
    }
}
