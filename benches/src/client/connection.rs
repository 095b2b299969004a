//! One connection that waits for its bytes.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use anyhow::{Result, ensure};

use super::decoder::Decoder;

/// Larger than what a socket holds, so that a read takes all there is.
const BUFFER: usize = 256 * 1024;

pub(crate) struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    data: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, input: vec![0; BUFFER], data: Vec::with_capacity(BUFFER) })
    }

    /// Asks for `path` and reads the response to its end: its body must be `expected`, byte for byte.
    pub(crate) fn get(&mut self, path: &str, expected: &[u8]) -> Result<()> {
        self.stream.write_all(request(path).as_bytes())?;
        let mut decoder = Decoder::default();
        let mut rest = expected;
        while !decoder.is_over() {
            let length = self.stream.read(&mut self.input)?;
            ensure!(length > 0, "the server closed the connection before the end of its response");
            self.data.clear();
            decoder.feed(&self.input[..length], &mut self.data)?;
            let Some(after) = rest.strip_prefix(self.data.as_slice()) else {
                let good = self.data.iter().zip(rest).take_while(|(is, expected)| is == expected).count();
                anyhow::bail!(
                    "the body differs at the byte {}: `{}` and not `{}`",
                    expected.len() - rest.len() + good,
                    self.data[good..].iter().take(60).copied().map(char::from).collect::<String>(),
                    rest[good..].iter().take(60).copied().map(char::from).collect::<String>(),
                );
            };
            rest = after;
        }
        ensure!(rest.is_empty(), "the body ends {} bytes early", rest.len());
        Ok(())
    }
}

/// A request as a browser's `fetch` would begin it.
pub(crate) fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n")
}
