//! Connections within the process. A server behind them can run on a paused clock, where time passes only when nothing
//! else can happen: what a test measures there is exact on any machine.

use std::io;

use axum::{Router, serve::Listener};
use tokio::{
    io::{DuplexStream, duplex},
    sync::mpsc,
};

/// A server, and the way to connect to it.
pub struct Pipes {
    connections: mpsc::UnboundedSender<DuplexStream>,
    capacity: usize,
}

impl Pipes {
    /// Serves over pipes that hold this many bytes in each direction, for as long as the test's runtime lives.
    pub fn serve(app: Router, capacity: usize) -> Self {
        let (pipes, accepted) = Self::new(capacity);
        tokio::spawn(async { axum::serve(accepted, app).await.unwrap() });
        pipes
    }

    /// The way to connect, and the listener at the other end.
    pub fn new(capacity: usize) -> (Self, Accepted) {
        let (connections, accepted) = mpsc::unbounded_channel();
        (Self { connections, capacity }, Accepted(accepted))
    }

    pub fn connect(&self) -> DuplexStream {
        let (client, server) = duplex(self.capacity);
        self.connections.send(server).unwrap();
        client
    }
}

/// A listener whose connections are pipes.
pub struct Accepted(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Accepted {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(connection) => (connection, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}
