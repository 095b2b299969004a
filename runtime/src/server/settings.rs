//! The HTTP/2 settings of a server.

use std::time::Duration;

use hyper::server::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// The largest window (RFC 9113, section 6.9.1).
const MOST: u32 = (1 << 31) - 1;

/// The HTTP/2 settings of a [`Server`](crate::Server).
///
/// ```
/// use outflow::{Http2Settings, Server};
/// use std::time::Duration;
///
/// let settings = Http2Settings::new().max_streams(1_000).ping(Duration::from_secs(30), Duration::from_secs(10));
/// let server = Server::new(axum::Router::new()).http2(settings);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "settings do nothing until they are given to `Server::http2`"]
pub struct Http2Settings {
    max_streams: Option<u32>,
    stream_window: Option<u32>,
    connection_window: Option<u32>,
    ping: Option<(Duration, Duration)>,
}

impl Http2Settings {
    /// Settings that leave everything as it is by default.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many streams one connection may have open at once, requests that are no streams of Outflow's among them; one
    /// more waits at its client (`SETTINGS_MAX_CONCURRENT_STREAMS`, RFC 9113, section 5.1.2). 200 by default. Raise it
    /// for a proxy that puts the streams of all its clients on a few connections.
    pub fn max_streams(mut self, streams: u32) -> Self {
        self.max_streams = Some(streams);
        self
    }

    /// How many bytes of one request's body may be on their way before they are read. 1 MiB by default, at most
    /// 2 GiB - 1 (RFC 9113, section 6.9). The window for a response is its client's to choose.
    pub fn stream_window(mut self, bytes: u32) -> Self {
        self.stream_window = Some(bytes.min(MOST));
        self
    }

    /// The same for the bodies of all requests of one connection together. 1 MiB by default.
    pub fn connection_window(mut self, bytes: u32) -> Self {
        self.connection_window = Some(bytes.min(MOST));
        self
    }

    /// Sends a PING (RFC 9113, section 6.7) to a client that has sent nothing for `every`, and cuts its connection, with
    /// all streams, if nothing comes back within `timeout`. So a client that vanished behind a proxy or a NAT without a
    /// word is noticed, whatever the format of its streams. No pings by default, nor if `every` is zero.
    pub fn ping(mut self, every: Duration, timeout: Duration) -> Self {
        self.ping = (!every.is_zero()).then_some((every, timeout));
        self
    }

    pub(super) fn apply(self, http2: &mut Builder<TokioExecutor>) {
        if let Some(streams) = self.max_streams {
            http2.max_concurrent_streams(streams);
        }
        if let Some(bytes) = self.stream_window {
            http2.initial_stream_window_size(bytes);
        }
        if let Some(bytes) = self.connection_window {
            http2.initial_connection_window_size(bytes);
        }
        if let Some((every, timeout)) = self.ping {
            http2.timer(TokioTimer::new()).keep_alive_interval(every).keep_alive_timeout(timeout);
        }
    }
}
