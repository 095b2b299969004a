//! The body of a streamed response: the action's packets as frames, heartbeats while there are none, then the
//! format's ending.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Once},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use axum::http::Version;
use bytes::Bytes;
use futures_core::{Stream as _, future::BoxFuture};
use futures_util::FutureExt as _;
use http_body::{Body, Frame as HttpFrame};
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

use crate::{
    channel::Batch as _,
    departures::Departures,
    drain::come_back_after,
    failure::{Failure, Limit},
    format::Ending,
    frame::{Frame, Packed},
    supervise::{Step, Supervised},
};

/// A body of our own, because `Body::from_stream` would make a frame of each packet, and peers close HTTP/2
/// connections over many small frames.
#[repr(C)]
pub(crate) struct StreamBody {
    /// What opened the response goes out first.
    first: Option<Bytes>,
    state: State,
    departures: Arc<Departures>,
    heart: Heart,
    steps: Supervised,
    version: Version,
}

enum State {
    Streaming,
    /// What has gone out must be flushed before the action computes on.
    Flushing,
    /// The error's own description is being read, for the last frame.
    Failing(BoxFuture<'static, (Vec<u8>, Ending)>),
    /// Before a cut an empty frame goes out, because a layer that compresses keeps the last one until the next comes.
    LettingGo,
    /// There is no end to tell, only what comes before the cut.
    Cutting(BoxFuture<'static, ()>),
    Over,
}

/// The failure of a body that has no other way to say so: hyper resets the stream, or closes the connection.
#[derive(Debug)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream failed, and its format has no record to say so: its body is cut")
    }
}

impl std::error::Error for Cut {}

impl StreamBody {
    pub(crate) fn new(first: Option<Step>, steps: Supervised, heartbeat: Duration, version: Version) -> Self {
        let mut body = Self {
            steps,
            state: State::Streaming,
            first: None,
            heart: Heart::new(heartbeat),
            departures: Arc::default(),
            version,
        };
        body.first = first.and_then(|step| body.step(step));
        body
    }

    /// What goes out for a step, if anything does at once.
    fn step(&mut self, step: Step) -> Option<Bytes> {
        match step {
            Step::Packets(Packed { bytes, is_due }) => {
                self.state = if is_due { State::Flushing } else { State::Streaming };
                Some(self.frame(bytes))
            }
            Step::Ended(frame, Ok(result)) => self.end(frame.done(result.as_deref()), Ending::Clean),
            Step::Ended(frame, Err(failure)) => self.fail(frame, failure),
        }
    }

    /// Gives out the packets before the failure, which may take its time.
    fn fail(&mut self, mut frame: Frame, failure: Failure) -> Option<Bytes> {
        if failure.by_limit() == Some(Limit::Close) {
            let (bytes, ending) = frame.come_back(come_back_after());
            return self.end(bytes, ending);
        }
        let before = frame.take();
        self.state = State::Failing(Box::pin(async move { frame.failed(&failure.into_problem().await) }));
        before.map(|packed| self.frame(packed.bytes))
    }

    /// Gives out the last bytes.
    fn end(&mut self, bytes: Vec<u8>, ending: Ending) -> Option<Bytes> {
        let last = (!bytes.is_empty()).then(|| self.frame(bytes));
        self.state = match ending {
            Ending::Clean => State::Over,
            Ending::Cut => {
                warn_of_http_10(self.version);
                State::LettingGo
            }
        };
        last
    }

    fn frame(&mut self, bytes: Vec<u8>) -> Bytes {
        self.heart.beat();
        self.steps.count(bytes.len());
        self.departures.frame(bytes)
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        loop {
            let bytes = match &mut self.state {
                State::Streaming => match Pin::new(&mut self.steps).poll_next(cx) {
                    Poll::Ready(Some(step)) => self.step(step),
                    // The client is gone.
                    Poll::Ready(None) => return Poll::Ready(Some(Err(Cut))),
                    Poll::Pending => {
                        ready!(self.heart.poll(cx));
                        let heartbeat = self.steps.heartbeat();
                        self.steps.count(heartbeat.len());
                        Some(heartbeat.into()).filter(|heartbeat: &Bytes| !heartbeat.is_empty())
                    }
                },
                State::Flushing => {
                    self.state = State::Streaming;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                State::Failing(last) => {
                    let (bytes, ending) = ready!(last.as_mut().poll(cx));
                    self.end(bytes, ending)
                }
                State::LettingGo => {
                    self.state = State::Cutting(Box::pin(self.departures.clone().all_left()));
                    Some(Bytes::new())
                }
                State::Cutting(all_left) => {
                    ready!(all_left.as_mut().poll(cx));
                    self.state = State::Over;
                    return Poll::Ready(Some(Err(Cut)));
                }
                State::Over => return Poll::Ready(None),
            };
            if let Some(bytes) = bytes {
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<HttpFrame<Bytes>, Cut>>> {
        self.get_mut().poll_bytes(cx).map_ok(HttpFrame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && matches!(self.state, State::Over)
    }
}

/// There the end of the connection is the end of the body, so a client takes what was cut for the whole.
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
struct Heart {
    every: Duration,
    /// When something last went out.
    last: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
    /// Whom the alarm wakes.
    waits: Option<Waker>,
}

impl Heart {
    /// `every` zero is never.
    fn new(every: Duration) -> Self {
        Self { every, last: Instant::now(), alarm: None, waits: None }
    }

    /// Something goes out. The alarm stays where it is, because setting it for each frame would cost more.
    fn beat(&mut self) {
        self.last = Instant::now();
    }

    /// Ready when nothing has gone out for long enough.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.every.is_zero() {
            return Poll::Pending;
        }
        let due = self.last + self.every;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if !alarm.is_elapsed() && self.waits.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        self.waits = Some(cx.waker().clone());
        while unconstrained(alarm.as_mut()).poll_unpin(cx).is_ready() {
            if Instant::now() >= due {
                self.last = Instant::now();
                return Poll::Ready(());
            }
            alarm.as_mut().reset(due);
        }
        Poll::Pending
    }
}
