//! The body of every streamed response: frames as they come, heartbeats while there are none, then the format's ending.

use std::{
    cell::Cell,
    fmt,
    pin::Pin,
    sync::{Arc, Once},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::http::Version;
use bytes::Bytes;
use futures_core::future::BoxFuture;
use http_body::{Body, Frame as HttpFrame};
use tokio::time::Instant;

use super::{
    in_flight::{Reader, all_left},
    turn::{Turn, give_way},
};
use crate::{engine::unsent::Unsent, format::Ending, server::alarm::Alarm};

/// A source of frames: an action that runs for its client, or a follower that reads a run.
pub(crate) trait Frames: Send + Unpin + 'static {
    /// The next output. `None` means that the client is gone, so nobody would read any more.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<Output>>;

    /// Bytes that wait for the next output, and have to go out before a heartbeat.
    fn pending(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Whether packets [wait for company](crate::engine::linger), so that this is no time for a heartbeat.
    fn lingers(&self) -> bool {
        false
    }

    /// Counts bytes that go out.
    fn sent(&mut self, bytes: usize);

    /// The count of frames that have not left, for an action that may wait for it.
    fn unsent(&self) -> Option<Arc<Unsent>> {
        None
    }
}

/// One item of a source of frames.
pub(crate) enum Output {
    /// A frame. One that is due must be flushed before the source is polled again.
    Frame { bytes: Vec<u8>, is_due: bool },
    /// The last bytes, if any, and how the body ends after them.
    Last(Vec<u8>, Ending),
}

impl From<Vec<u8>> for Output {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Frame { bytes, is_due: false }
    }
}

impl From<(Vec<u8>, Ending)> for Output {
    fn from((bytes, ending): (Vec<u8>, Ending)) -> Self {
        Self::Last(bytes, ending)
    }
}

/// A body of our own, because `Body::from_stream` would make a frame of each packet, and peers close HTTP/2
/// connections over many small frames.
#[repr(C)]
pub(crate) struct StreamBody<F> {
    /// The bytes that were ready when the head left.
    first: Option<Bytes>,
    state: BodyState,
    unsent: Arc<Unsent>,
    heartbeat: Heartbeat,
    turn: Turn,
    frames: F,
    version: Version,
    is_read: bool,
    reader: Cell<Reader>,
}

enum BodyState {
    Streaming,
    /// The last frame must be flushed before the source is polled again.
    Flushing,
    /// Before a cut an empty frame goes out, because a layer that compresses keeps the last one until the next comes.
    LettingGo,
    /// Nothing is left to send, but bytes are still in flight.
    Cutting(BoxFuture<'static, ()>),
    Over,
}

impl<F: Frames> StreamBody<F> {
    /// A body for a client that speaks this version of HTTP, with an output that was ready when the head left.
    pub(crate) fn new(first: Option<Output>, frames: F, heartbeat: Heartbeat, version: Version) -> Self {
        let unsent = frames.unsent().unwrap_or_default();
        let (state, turn) = (BodyState::Streaming, Turn::default());
        let (is_read, reader) = (false, Cell::new(Reader::Unknown));
        let mut body = Self { first: None, state, unsent, heartbeat, turn, frames, version, is_read, reader };
        body.first = first.and_then(|output| body.output(output));
        body
    }

    /// The bytes that go out for an output, if there are any.
    fn output(&mut self, output: Output) -> Option<Bytes> {
        let (bytes, state) = match output {
            Output::Frame { bytes, is_due } => (bytes, if is_due { BodyState::Flushing } else { BodyState::Streaming }),
            Output::Last(bytes, Ending::Clean) => (bytes, BodyState::Over),
            Output::Last(bytes, Ending::Cut) => {
                warn_of_http_10(self.version);
                (bytes, BodyState::LettingGo)
            }
        };
        self.state = state;
        if bytes.is_empty() {
            return None;
        }
        self.heartbeat.postpone();
        self.turn.frame();
        self.frames.sent(bytes.len());
        Some(self.unsent.track(bytes))
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        loop {
            match &mut self.state {
                BodyState::Streaming => {
                    ready!(self.turn.poll_go_on(cx));
                    match self.frames.poll_output(cx) {
                        Poll::Ready(Some(output)) => {
                            if let Some(bytes) = self.output(output) {
                                return Poll::Ready(Some(Ok(bytes)));
                            }
                        }
                        Poll::Ready(None) => return Poll::Ready(Some(Err(Cut))),
                        Poll::Pending => {
                            self.turn = Turn::default();
                            let heartbeat = ready!(self.heartbeat.poll(cx));
                            // They go out in its place.
                            if self.frames.lingers() {
                                return Poll::Pending;
                            }
                            let pending = self.frames.pending();
                            self.frames.sent(pending.len() + heartbeat.len());
                            return Poll::Ready(Some(Ok(match pending.is_empty() {
                                true => Bytes::from_static(heartbeat),
                                false => [&pending, heartbeat].concat().into(),
                            })));
                        }
                    }
                }
                BodyState::Flushing => {
                    self.state = BodyState::Streaming;
                    self.turn = Turn::default();
                    give_way(cx);
                    return Poll::Pending;
                }
                BodyState::LettingGo => {
                    self.state = BodyState::Cutting(Box::pin(all_left(self.unsent.clone(), self.reader.get())));
                    return Poll::Ready(Some(Ok(Bytes::new())));
                }
                BodyState::Cutting(drained) => {
                    ready!(drained.as_mut().poll(cx));
                    self.state = BodyState::Over;
                    return Poll::Ready(Some(Err(Cut)));
                }
                BodyState::Over => return Poll::Ready(None),
            }
        }
    }
}

impl<F: Frames> Body for StreamBody<F> {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<HttpFrame<Bytes>, Cut>>> {
        let body = self.get_mut();
        body.is_read = true;
        body.poll_bytes(cx).map_ok(HttpFrame::data)
    }

    fn is_end_stream(&self) -> bool {
        // Before it reads anything hyper asks whether there is a body at all. Code that collects a body doesn't ask.
        if !self.is_read {
            self.reader.set(Reader::Connection);
        }
        self.first.is_none() && matches!(self.state, BodyState::Over)
    }
}

/// The error of a body that has no other way to fail: hyper resets the stream, or closes the connection.
#[derive(Debug)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream failed, and its format has no record to say so: its body is cut")
    }
}

impl std::error::Error for Cut {}

/// Over HTTP/1.0 the end of the connection is the end of the body, so a client takes a cut body for a whole one.
fn warn_of_http_10(version: Version) {
    static WARNING: Once = Once::new();
    if version < Version::HTTP_11 {
        WARNING.call_once(|| {
            tracing::warn!(
                "a stream failed over HTTP/1.0, where its client can't see that: let the proxy speak HTTP/1.1 (nginx: `proxy_http_version 1.1`)"
            );
        });
    }
}

/// The heartbeat of an idle body.
pub(crate) struct Heartbeat {
    bytes: &'static [u8],
    every: Duration,
    /// When the body had nothing more to send. `None` while it has: then no clock is read.
    idle_since: Option<Instant>,
    alarm: Alarm,
}

impl Heartbeat {
    /// Sends these bytes whenever nothing has gone out for this long. No bytes, or a duration of zero, mean never.
    pub(crate) fn new(bytes: &'static [u8], every: Duration) -> Self {
        Self { bytes, every, idle_since: None, alarm: Alarm::default() }
    }

    /// Ends the wait. The next one begins when it is polled.
    fn postpone(&mut self) {
        self.idle_since = None;
    }

    /// Ready with the heartbeat when nothing has gone out for long enough.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<&'static [u8]> {
        if self.every.is_zero() || self.bytes.is_empty() {
            return Poll::Pending;
        }
        let since = *self.idle_since.get_or_insert_with(Instant::now);
        ready!(self.alarm.poll_at(since + self.every, cx));
        self.postpone();
        Poll::Ready(self.bytes)
    }
}
