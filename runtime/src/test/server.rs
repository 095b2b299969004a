//! The server behind a test client: the application over real HTTP, on pipes within the process or on sockets.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::Request,
    http::{Extensions, HeaderName},
    middleware::{Next, from_fn},
    serve::Listener,
};
use tokio::{
    io::{DuplexStream, duplex},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

use crate::{
    engine::witness::{Fates, Witness},
    server::drain::Drain,
};

/// The bytes that a pipe holds in each direction. A client that stops reading is felt beyond them.
const PIPE: usize = 64 * 1024;

/// Carries the number of a request, by which the server finds what can't travel over HTTP.
pub(super) const NUMBER: HeaderName = HeaderName::from_static("x-outflow-test-request");

/// The extensions of each request that a test client has sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent(Arc<Mutex<Vec<Extensions>>>);

impl Sent {
    /// Keeps the extensions of a request, and numbers it.
    pub(super) fn add(&self, extensions: Extensions) -> usize {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(extensions);
        sent.len() - 1
    }

    fn take(&self, number: usize) -> Option<Extensions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(number).map(std::mem::take)
    }
}

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    way: Way,
    serving: JoinHandle<()>,
}

/// The way to a server.
#[derive(Debug)]
enum Way {
    Pipes(mpsc::UnboundedSender<DuplexStream>),
    Tcp(SocketAddr),
}

/// The client's end of a connection.
pub(super) enum Connection {
    Pipe(DuplexStream),
    Tcp(TcpStream),
}

impl Server {
    /// Starts to serve.
    ///
    /// # Panics
    /// Outside a tokio runtime, or if no socket can be bound.
    pub(super) fn start(app: Router, drain: &Drain, over_tcp: bool, sent: Sent, fates: Arc<Fates>) -> Self {
        let app = app.layer(drain.layer()).layer(from_fn(move |mut request: Request, next: Next| {
            let number = request.headers_mut().remove(NUMBER);
            if let Some(number) = number.and_then(|number| number.to_str().ok()?.parse().ok()) {
                request.extensions_mut().extend(sent.take(number).unwrap_or_default());
                request.extensions_mut().insert(Witness { request: number, fates: fates.clone() });
            }
            next.run(request)
        }));
        if over_tcp {
            let listener = listen().unwrap_or_else(|error| panic!("the test server can't listen: {error}"));
            let addr = listener.local_addr().unwrap_or_else(|error| panic!("{error}"));
            Self { way: Way::Tcp(addr), serving: serve(listener, app, drain) }
        } else {
            let (connections, accepted) = mpsc::unbounded_channel();
            Self { way: Way::Pipes(connections), serving: serve(Pipes(accepted), app, drain) }
        }
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> io::Result<Connection> {
        match &self.way {
            Way::Pipes(connections) => {
                let (client, server) = duplex(PIPE);
                connections.send(server).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
                Ok(Connection::Pipe(client))
            }
            Way::Tcp(addr) => Ok(Connection::Tcp(TcpStream::connect(addr).await?)),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn listen() -> io::Result<TcpListener> {
    let listener = StdListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn serve<L>(listener: L, app: Router, drain: &Drain) -> JoinHandle<()>
where
    L: Listener<Addr: fmt::Debug>,
{
    let listener = drain.listener(listener);
    let serving = axum::serve(listener, app.into_make_service()).with_graceful_shutdown(drain.started());
    tokio::spawn(async move {
        let _ = serving.await;
    })
}

/// A listener whose connections are pipes.
struct Pipes(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Pipes {
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
