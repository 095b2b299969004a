//! A client that reads a body as it comes, through whatever it is compressed with.

use std::{future::poll_fn, io, net::SocketAddr, pin::Pin};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use axum::http::{HeaderMap, Request, Response, StatusCode, Version};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
};
use tokio_util::io::StreamReader;

use super::wait::soon;

pub struct Client {
    addr: SocketAddr,
    version: Version,
    headers: Vec<(&'static str, &'static str)>,
}

impl Client {
    /// Speaks HTTP/1.1 and takes no compression.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, version: Version::HTTP_11, headers: Vec::new() }
    }

    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// An encoding that the body may be compressed with.
    pub fn encoding(self, encoding: &'static str) -> Self {
        self.header("accept-encoding", encoding)
    }

    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// `GET path` in this media type, over a connection of its own that is closed when the response is dropped.
    pub async fn get(&self, path: &str, accept: &str) -> Reading {
        // HTTP/2 has no other place for the host.
        let host = if self.version == Version::HTTP_2 { "http://localhost" } else { "" };
        let request = Request::get(format!("{host}{path}")).header("host", "localhost");
        let mut request = request.version(self.version).header("accept", accept);
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let response = self.send(request.body(Empty::new()).unwrap());
        Reading::new(soon("the head", response).await)
    }

    async fn send(&self, request: Request<Empty<Bytes>>) -> Response<Incoming> {
        let tcp = TokioIo::new(TcpStream::connect(self.addr).await.unwrap());
        if self.version == Version::HTTP_2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), tcp).await.unwrap();
            tokio::spawn(connection);
            return sender.send_request(request).await.unwrap();
        }
        let (mut sender, connection) = hyper::client::conn::http1::handshake(tcp).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    }
}

/// A response whose body is read, and decoded, piece by piece.
pub struct Reading {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The decoded body so far.
    pub text: String,
    body: Pin<Box<dyn AsyncRead + Send>>,
}

impl Reading {
    fn new(response: Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        let body = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
        let body: Pin<Box<dyn AsyncRead + Send>> = match head.headers.get("content-encoding").map(|it| it.as_bytes()) {
            // The format `hazaar` says `none`.
            None | Some(b"none") => Box::pin(body),
            Some(b"gzip") => Box::pin(GzipDecoder::new(body)),
            Some(b"br") => Box::pin(BrotliDecoder::new(body)),
            Some(b"zstd") => Box::pin(ZstdDecoder::new(body)),
            Some(other) => panic!("compressed with {}", other.escape_ascii()),
        };
        Self { status: head.status, headers: head.headers, text: String::new(), body }
    }

    /// The header's values, as one.
    pub fn header(&self, name: &str) -> String {
        let values: Vec<_> = self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        values.join(", ")
    }

    /// Reads on until this has come.
    pub async fn until(&mut self, what: &str) {
        while !self.text.contains(what) {
            match self.read().await {
                Ok(0) => panic!("the body ended before `{what}`: {:?}", self.text),
                Ok(_) => {}
                Err(error) => panic!("{error} before `{what}`: {:?}", self.text),
            }
        }
    }

    /// Reads to the end; an error if the body is cut.
    pub async fn end(&mut self) -> io::Result<()> {
        while self.read().await? > 0 {}
        Ok(())
    }

    /// A decompressor that meets the cut right behind some bytes gives both at once, so that `AsyncReadExt::read` would
    /// lose these bytes.
    async fn read(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 4096];
        let mut piece = ReadBuf::new(&mut bytes);
        let reading = poll_fn(|cx| self.body.as_mut().poll_read(cx, &mut piece));
        let result = soon(format_args!("what follows {:?}", self.text), reading).await;
        self.text.push_str(std::str::from_utf8(piece.filled()).unwrap());
        result.map(|()| piece.filled().len())
    }
}
