//! Many connections on one thread.

use std::{
    fmt,
    io::{ErrorKind, Read as _, Write as _},
    net::SocketAddr,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::{connection::request, decoder::Decoder};

const BUFFER: usize = 64 * 1024;
/// A server's queue of new connections is short, and one that finds no room is tried again a second later: after this
/// many, the server gets a moment.
const AT_ONCE: usize = 100;
const MOMENT: Duration = Duration::from_millis(5);
/// Longer than any server here needs for the next packet.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections that ask for the same stream, each over and over.
pub(crate) struct Pool {
    poll: Poll,
    connections: Vec<Connection>,
    patience: Duration,
}

/// The error of a pool on which nothing has come for too long.
#[derive(Debug)]
pub(crate) struct NothingCame {
    connections: usize,
    patience: Duration,
}

impl fmt::Display for NothingCame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing has come on {} connections for {:?}", self.connections, self.patience)
    }
}

impl std::error::Error for NothingCame {}

struct Connection {
    stream: TcpStream,
    decoder: Decoder,
}

/// The next state of a connection after the data it has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Wait,
    /// Its response has ended: ask again.
    Again,
    /// It has all it wants.
    Done,
    /// All connections have what they want.
    AllDone,
}

impl Pool {
    /// Opens the connections.
    pub(crate) fn open(addr: SocketAddr, connections: usize) -> Result<Self> {
        let poll = Poll::new()?;
        let connections = (0..connections).map(|at| {
            if at % AT_ONCE == AT_ONCE - 1 {
                sleep(MOMENT);
            }
            let stream = std::net::TcpStream::connect(addr)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(at), Interest::READABLE)?;
            Ok(Connection { stream, decoder: Decoder::default() })
        });
        let connections = connections.collect::<Result<_>>()?;
        Ok(Self { poll, connections, patience: PATIENCE })
    }

    /// Gives up when nothing has come for this long.
    pub(crate) fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks for `path` on every connection, one `apart` from the other, and gives what arrives to `on_data`: the number
    /// of the connection, the data, and whether the response has ended with it. Returns when every connection is done.
    pub(crate) fn run(
        &mut self,
        path: &str,
        apart: Duration,
        on_data: impl FnMut(usize, &[u8], bool) -> Result<Next>,
    ) -> Result<()> {
        self.send(&request(path), apart, on_data)
    }

    /// Does the same with a whole request.
    pub(crate) fn send(
        &mut self,
        request: &str,
        apart: Duration,
        mut on_data: impl FnMut(usize, &[u8], bool) -> Result<Next>,
    ) -> Result<()> {
        let (mut input, mut data) = (vec![0; BUFFER], Vec::with_capacity(BUFFER));
        let mut events = Events::with_capacity(1024);
        let (start, mut asked, mut left) = (Instant::now(), 0, self.connections.len());
        while left > 0 {
            while asked < self.connections.len() && start.elapsed() >= apart * asked as u32 {
                self.connections[asked].ask(request)?;
                asked += 1;
            }
            self.poll.poll(&mut events, Some(if asked < self.connections.len() { apart } else { self.patience }))?;
            if events.is_empty() && asked == self.connections.len() {
                bail!(NothingCame { connections: left, patience: self.patience });
            }
            for event in &events {
                let Token(at) = event.token();
                let connection = &mut self.connections[at];
                // Readiness is told once, so everything there is must be read.
                while let Some(length) = connection.read(&mut input)? {
                    data.clear();
                    connection.decoder.feed(&input[..length], &mut data)?;
                    let next = on_data(at, &data, connection.decoder.is_over())?;
                    match next {
                        Next::Wait => {}
                        Next::Again => connection.ask(request)?,
                        Next::Done => left -= 1,
                        Next::AllDone => return Ok(()),
                    }
                }
            }
        }
        Ok(())
    }
}

impl Connection {
    fn ask(&mut self, request: &str) -> Result<()> {
        self.decoder = Decoder::default();
        self.stream.write_all(request.as_bytes()).context("a request did not fit into an idle socket")
    }

    /// Reads what there is; `None` if that is nothing.
    fn read(&mut self, input: &mut [u8]) -> Result<Option<usize>> {
        match self.stream.read(input) {
            Ok(0) => bail!("the server closed a connection"),
            Ok(length) => Ok(Some(length)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
