//! The sockets that connections stand on.

use std::time::Duration;

use futures_util::FutureExt as _;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest},
    net::TcpStream,
};

/// A socket whose connections a [`DrainListener`](super::connection::DrainListener) can serve.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Sets its options, once it has been accepted.
    #[doc(hidden)]
    fn set_up(&self) {}

    /// Whether its client has closed its side, as far as that can be known without a read.
    #[doc(hidden)]
    fn is_read_closed(&self) -> bool {
        false
    }

    /// Whether the connection is closed in both directions, as far as that can be known without a read.
    #[doc(hidden)]
    fn is_reset(&self) -> bool {
        false
    }
}

impl Socket for TcpStream {
    fn set_up(&self) {
        // Without this, a small packet waits for the acknowledgement of the one before (Nagle's algorithm).
        if let Err(error) = self.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        if let Err(error) = SockRef::from(self).set_tcp_keepalive(&keepalive()) {
            tracing::debug!(%error, "SO_KEEPALIVE could not be set");
        }
    }

    fn is_read_closed(&self) -> bool {
        // An error shows in the next write.
        let ready = self.ready(Interest::READABLE).now_or_never().and_then(Result::ok);
        ready.is_some_and(|ready| ready.is_read_closed())
    }

    fn is_reset(&self) -> bool {
        let ready = self.ready(Interest::WRITABLE).now_or_never().and_then(Result::ok);
        ready.is_some_and(|ready| ready.is_write_closed())
    }
}

#[cfg(unix)]
impl Socket for tokio::net::UnixStream {
    fn is_read_closed(&self) -> bool {
        let ready = self.ready(Interest::READABLE).now_or_never().and_then(Result::ok);
        ready.is_some_and(|ready| ready.is_read_closed())
    }

    fn is_reset(&self) -> bool {
        let ready = self.ready(Interest::WRITABLE).now_or_never().and_then(Result::ok);
        ready.is_some_and(|ready| ready.is_write_closed())
    }
}

/// The pipes of the test client.
#[cfg(feature = "test")]
impl Socket for tokio::io::DuplexStream {}

/// The probes that find clients that have vanished without a word, after two minutes of silence.
fn keepalive() -> TcpKeepalive {
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60));
    // Elsewhere the system's own pace, and number, hold.
    #[cfg(any(target_os = "android", target_os = "freebsd", target_os = "linux", target_os = "macos", windows))]
    let keepalive = keepalive.with_interval(Duration::from_secs(15)).with_retries(4);
    keepalive
}
