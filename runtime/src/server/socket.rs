//! What can be done with the sockets under connections, beyond reading and writing.
//!
//! A listener may give out any stream of bytes: TLS over TCP, a pipe, a stream of the user's. Only the sockets of the
//! system can be asked about more, so these are told apart by their type. The others do without.

use std::{any::Any, time::Duration};

use futures_util::FutureExt as _;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{Interest, Ready},
    net::TcpStream,
};

/// Sets the options of a TCP socket that has been accepted. Other streams are left as they are.
pub(super) fn set_up<S: Any>(socket: &S) {
    let Some(tcp) = (socket as &dyn Any).downcast_ref::<TcpStream>() else { return };
    // Without this, a small packet waits for the acknowledgement of the one before (Nagle's algorithm).
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    if let Err(error) = SockRef::from(tcp).set_tcp_keepalive(&keepalive()) {
        tracing::debug!(%error, "SO_KEEPALIVE could not be set");
    }
}

/// Whether the client has closed its side, as far as that can be known without a read.
pub(super) fn is_read_closed<S: Any>(socket: &S) -> bool {
    // An error shows in the next write.
    ready(socket, Interest::READABLE).is_some_and(Ready::is_read_closed)
}

/// Whether the connection is closed in both directions, as far as that can be known without a read.
pub(super) fn is_reset<S: Any>(socket: &S) -> bool {
    ready(socket, Interest::WRITABLE).is_some_and(Ready::is_write_closed)
}

/// What the system has said about a socket last.
fn ready<S: Any>(socket: &S, interest: Interest) -> Option<Ready> {
    let socket: &dyn Any = socket;
    if let Some(tcp) = socket.downcast_ref::<TcpStream>() {
        return tcp.ready(interest).now_or_never()?.ok();
    }
    #[cfg(unix)]
    if let Some(unix) = socket.downcast_ref::<tokio::net::UnixStream>() {
        return unix.ready(interest).now_or_never()?.ok();
    }
    None
}

/// The probes that find clients that have vanished without a word, after two minutes of silence.
fn keepalive() -> TcpKeepalive {
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60));
    // Elsewhere the system's own pace, and number, hold.
    #[cfg(any(target_os = "android", target_os = "freebsd", target_os = "linux", target_os = "macos", windows))]
    let keepalive = keepalive.with_interval(Duration::from_secs(15)).with_retries(4);
    keepalive
}
