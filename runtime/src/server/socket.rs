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

/// How long a client may be silent at least, with something to acknowledge or without: some networks are away for a
/// minute.
const SILENCE: Duration = Duration::from_secs(120);

/// Sets the options of a TCP socket that has been accepted. Other streams are left as they are.
pub(super) fn set_up<S: Any>(socket: &S, stall_timeout: Duration) {
    let Some(tcp) = (socket as &dyn Any).downcast_ref::<TcpStream>() else { return };
    // Without this, a small packet waits for the acknowledgement of the one before (Nagle's algorithm).
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    if let Err(error) = SockRef::from(tcp).set_tcp_keepalive(&keepalive()) {
        tracing::debug!(%error, "SO_KEEPALIVE could not be set");
    }
    limit_silence(tcp, stall_timeout.max(SILENCE));
}

/// Lets the system give up a connection whose client has acknowledged nothing for this long (RFC 5482), also if it has
/// no room for more, which is what the stall timeout means. Linux then gives its probes the same time.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn limit_silence(tcp: &TcpStream, limit: Duration) {
    // A limit beyond the reach of the system means never.
    if i32::try_from(limit.as_millis()).is_err() {
        return;
    }
    if let Err(error) = SockRef::from(tcp).set_tcp_user_timeout(Some(limit)) {
        tracing::debug!(%error, "TCP_USER_TIMEOUT could not be set");
    }
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn limit_silence(_: &TcpStream, _: Duration) {}

/// The bytes that the system may hold of a connection whose client wants nothing stale. It counts twice as much, for its own
/// bookkeeping.
const SHORT: usize = 16 * 1024;

/// Has the system hold few bytes that the client has not taken. Other streams are left as they are.
pub(super) fn hold_little<S: Any>(socket: &S) {
    let Some(tcp) = (socket as &dyn Any).downcast_ref::<TcpStream>() else { return };
    if let Err(error) = SockRef::from(tcp).set_send_buffer_size(SHORT) {
        tracing::debug!(%error, "SO_SNDBUF could not be set");
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

/// The probes that find clients that have vanished without a word, after [`SILENCE`].
fn keepalive() -> TcpKeepalive {
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60));
    // Elsewhere the system's own pace, and number, hold.
    #[cfg(any(target_os = "android", target_os = "freebsd", target_os = "linux", target_os = "macos", windows))]
    let keepalive = keepalive.with_interval(Duration::from_secs(15)).with_retries(4);
    keepalive
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_tcp_socket_sends_at_once_and_finds_clients_that_have_vanished() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        for (stall_timeout, _expected) in [
            (Duration::ZERO, Some(minutes(2))),
            (minutes(1), Some(minutes(2))),
            (minutes(10), Some(minutes(10))),
            (Duration::MAX, None),
        ] {
            let _client = TcpStream::connect(addr).await.unwrap();
            let (tcp, _) = listener.accept().await.unwrap();
            set_up(&tcp, stall_timeout);
            assert!(tcp.nodelay().unwrap() && SockRef::from(&tcp).keepalive().unwrap());
            #[cfg(any(target_os = "android", target_os = "linux"))]
            assert_eq!(SockRef::from(&tcp).tcp_user_timeout().unwrap(), _expected, "{stall_timeout:?}");
        }
    }
}
