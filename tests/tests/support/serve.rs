//! Servers for tests, each on a port of its own for as long as the test's runtime lives.

use std::net::SocketAddr;

use axum::Router;
use outflow::Drain;
use tokio::net::{TcpListener, TcpSocket};

pub async fn serve(app: Router) -> SocketAddr {
    spawn(TcpListener::bind("127.0.0.1:0").await.unwrap(), app)
}

/// Serves over sockets that hold little: what a client does not read stays in the server itself, not in megabytes of
/// buffers on the way.
pub async fn serve_narrow(app: Router) -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(8 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    spawn(socket.listen(16).unwrap(), app)
}

/// Serves as an application with a drain does.
pub async fn serve_drained(drain: &Drain, app: Router) -> SocketAddr {
    let listener = drain.listener(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addr = axum::serve::Listener::local_addr(&listener).unwrap();
    let app = app.layer(drain.layer());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    addr
}

fn spawn(listener: TcpListener, app: Router) -> SocketAddr {
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    addr
}
