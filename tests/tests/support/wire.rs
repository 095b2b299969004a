//! Clients that see how a body ends: HTTP/1.1 by hand, so that a missing last chunk is noticed, and HTTP/2, where
//! `END_STREAM` and `RST_STREAM` differ.

use std::{error::Error, net::SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpSocket,
    task::JoinHandle,
};

use super::wait::soon;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By its last chunk, or by `END_STREAM`.
    Clean,
    /// By the end of the connection without a last chunk, or by `RST_STREAM`.
    Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

pub const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// A response whose body is read piece by piece.
pub struct Exchange {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Vec<u8>,
    rest: Rest,
}

enum Rest {
    Http1(BufReader<Box<dyn Io>>),
    Http2(Incoming, JoinHandle<hyper::Result<()>>),
}

/// One side of a connection.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Io for T {}

/// A request, and how it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub protocol: Protocol,
    pub method: &'a str,
    pub path: &'a str,
    pub accept: &'a str,
    /// How many bytes fit between the two sides.
    pub window: Option<u32>,
}

impl<'a> Ask<'a> {
    pub fn get(protocol: Protocol, path: &'a str, accept: &'a str) -> Self {
        Self { protocol, method: "GET", path, accept, window: None }
    }

    /// The response as soon as the head is there, over a connection of its own.
    pub async fn open(self, addr: SocketAddr) -> Exchange {
        let socket = TcpSocket::new_v4().unwrap();
        // HTTP/2 has windows of its own.
        if let (Protocol::Http1, Some(window)) = (self.protocol, self.window) {
            socket.set_recv_buffer_size(window).unwrap();
        }
        let connection = soon("the connection", socket.connect(addr)).await.unwrap();
        self.open_on(connection).await
    }

    /// The same over this connection.
    pub async fn open_on(self, connection: impl Io) -> Exchange {
        let opened = async {
            match self.protocol {
                Protocol::Http1 => self.http1(connection).await,
                Protocol::Http2 => self.http2(connection).await,
            }
        };
        soon("the head", opened).await
    }

    async fn http1(self, connection: impl Io) -> Exchange {
        let mut stream = BufReader::new(Box::new(connection) as Box<dyn Io>);
        let Self { method, path, accept, .. } = self;
        let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\naccept: {accept}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let status = line(&mut stream).await.unwrap();
        let status = status.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
        let mut headers = HeaderMap::new();
        while let Some(line) = line(&mut stream).await.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        Exchange { status, headers, body: Vec::new(), rest: Rest::Http1(stream) }
    }

    async fn http2(self, connection: impl Io) -> Exchange {
        let io = TokioIo::new(connection);
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(self.window);
        builder.initial_connection_window_size(self.window.map(|window| window.max(65_535)));
        let (mut client, connection) = builder.handshake(io).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = Request::builder().method(self.method).uri(format!("http://localhost{}", self.path));
        let request = request.header("accept", self.accept).body(Empty::<Bytes>::new()).unwrap();
        let (head, body) = client.send_request(request).await.unwrap().into_parts();
        Exchange { status: head.status, headers: head.headers, body: Vec::new(), rest: Rest::Http2(body, connection) }
    }
}

impl Exchange {
    /// Reads until these bytes of the body are there.
    pub async fn until(&mut self, expected: &str) {
        while self.body.len() < expected.len() {
            let end = self.read().await;
            assert_eq!(end, None, "the body ends after {:?}", self.text());
        }
        assert_eq!(self.text(), expected);
    }

    /// Reads to the end.
    pub async fn end(&mut self) -> (String, End) {
        loop {
            if let Some(end) = self.read().await {
                return (self.text(), end);
            }
        }
    }

    /// Reads some of the body, or its end.
    pub async fn read(&mut self) -> Option<End> {
        soon("more of the body, or its end", self.next()).await
    }

    async fn next(&mut self) -> Option<End> {
        match &mut self.rest {
            Rest::Http1(stream) => match chunk(stream).await {
                None => Some(End::Cut),
                Some(chunk) if chunk.is_empty() => Some(End::Clean),
                Some(chunk) => {
                    self.body.extend_from_slice(&chunk);
                    None
                }
            },
            Rest::Http2(body, _) => match body.frame().await {
                None => Some(End::Clean),
                Some(Ok(frame)) => {
                    self.body.extend_from_slice(frame.data_ref().unwrap());
                    None
                }
                Some(Err(error)) => {
                    assert_eq!(reset_reason(&error), Some(h2::Reason::INTERNAL_ERROR), "{error:?}");
                    Some(End::Cut)
                }
            },
        }
    }

    /// Checks that nothing follows the head.
    pub async fn nothing_more(mut self) -> End {
        if let Rest::Http1(stream) = &mut self.rest {
            // The next thing on the connection is the next answer.
            stream.write_all(b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
            assert_eq!(soon("the next answer", line(stream)).await.unwrap(), "HTTP/1.1 404 Not Found");
            return End::Clean;
        }
        let (body, end) = self.end().await;
        assert_eq!(body, "");
        end
    }

    /// Waits until the server closes the connection, without another byte.
    pub async fn closed(self) {
        match self.rest {
            Rest::Http1(mut stream) => {
                let mut rest = Vec::new();
                soon("the end of the connection", stream.read_to_end(&mut rest)).await.unwrap();
                assert_eq!(rest, b"");
            }
            Rest::Http2(_, connection) => soon("the end of the connection", connection).await.unwrap().unwrap(),
        }
    }

    /// The body so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

fn reset_reason(error: &hyper::Error) -> Option<h2::Reason> {
    let error = error.source()?.downcast_ref::<h2::Error>()?;
    error.reason().filter(|_| error.is_reset() && error.is_remote())
}

/// A line without its end; `None` at the end of the connection.
async fn line(stream: &mut BufReader<Box<dyn Io>>) -> Option<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.strip_suffix("\r\n").map(str::to_owned)
}

/// A chunk of the body (RFC 9112, section 7.1), empty where it is the last one; `None` where the connection ends
/// before that.
async fn chunk(stream: &mut BufReader<Box<dyn Io>>) -> Option<Vec<u8>> {
    let length = usize::from_str_radix(&line(stream).await?, 16).unwrap();
    let mut chunk = vec![0; length];
    stream.read_exact(&mut chunk).await.ok()?;
    assert_eq!(line(stream).await?, "");
    Some(chunk)
}
