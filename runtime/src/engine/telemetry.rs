//! Telemetry of a stream: one `tracing` span, and the same counts as metrics.

use std::sync::Arc;

use tracing::{Span, field::Empty, span::Entered};

use super::{failure::Failure, limit::Limit, make_span::MakeFrom};
use crate::format::problem::EndedBy;

/// The end of a stream in its span and the metrics.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StreamOutcome {
    /// The action returned.
    Finished,
    /// It returned an error, panicked, sent a packet that could not be written, or took too long.
    Failed,
    /// The client went away, or read nothing for too long.
    Cancelled,
    /// The server stopped.
    Aborted,
    /// It reached its `max_age`, and its client was told to come back.
    Aged,
    /// It was refused: there was no room for it, or the server was stopping.
    Shed,
}

impl StreamOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Aborted => "aborted",
            Self::Aged => "aged",
            Self::Shed => "shed",
        }
    }
}

/// The span and the counts of one stream, from the moment its action starts. They are closed when this is dropped.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct StreamSpan {
    /// The bytes of the body, heartbeats included.
    bytes: u64,
    outcome: StreamOutcome,
    span: Span,
    labels: Labels,
    packets: u64,
    meter: measure::Meter,
}

/// The labels that tell streams apart.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    /// The path as it was registered, with the names of its parameters.
    pub(crate) route: Arc<str>,
    pub(crate) format: &'static str,
}

impl StreamSpan {
    /// Opens the span: that of the application, if it makes its own.
    pub(crate) fn open(labels: Labels, make: Option<&MakeFrom>) -> Self {
        let span = labels.span(make);
        let meter = measure::opened(&labels);
        // A stream that is dropped before its end has lost its client.
        Self { labels, span, outcome: StreamOutcome::Cancelled, bytes: 0, packets: 0, meter }
    }

    /// The span in which the action runs.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Enters the span, if a subscriber wants it: this happens at each poll.
    pub(crate) fn enter(&self) -> Option<Entered<'_>> {
        (!self.span.is_disabled()).then(|| self.span.enter())
    }

    /// Notes how many packets have been sent so far. It is called once for a batch of them, so that a counter that many
    /// streams share costs nothing.
    pub(crate) fn packets(&mut self, total: u64) {
        if self.packets == 0 && total > 0 {
            self.meter.first_packet(&self.labels);
        }
        self.meter.packets(total - self.packets);
        self.packets = total;
    }

    /// Counts bytes that go out.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        self.meter.bytes(bytes as u64);
    }

    /// Notes that the action has returned.
    pub(crate) fn finished(&mut self) {
        self.outcome = StreamOutcome::Finished;
    }

    /// Notes that the action has failed.
    pub(crate) fn failed(&mut self) {
        self.outcome = StreamOutcome::Failed;
    }

    /// Notes that the client has been told to come back, because its response is old enough.
    pub(crate) fn aged(&mut self) {
        self.outcome = StreamOutcome::Aged;
    }

    /// Notes that a run has ended with a failure, and on which side.
    pub(crate) fn ended_by(&mut self, side: EndedBy) {
        self.outcome = match side {
            EndedBy::Shutdown => StreamOutcome::Aborted,
            EndedBy::Cancel => StreamOutcome::Cancelled,
            _ => StreamOutcome::Failed,
        };
    }

    /// Notes how the action has ended.
    pub(crate) fn end<R>(&mut self, end: &Result<R, Failure>) {
        self.outcome = match end {
            Ok(_) => StreamOutcome::Finished,
            Err(failure) if failure.by_limit() == Some(Limit::Age) => StreamOutcome::Aged,
            Err(failure) if failure.is_shutdown() => StreamOutcome::Aborted,
            Err(_) => StreamOutcome::Failed,
        };
    }
}

impl Drop for StreamSpan {
    fn drop(&mut self) {
        if !self.span.is_disabled() {
            self.span.record("packets", self.packets);
            self.span.record("bytes", self.bytes);
            self.span.record("outcome", self.outcome.name());
        }
        self.meter.closed(&self.labels, self.outcome);
    }
}

impl Labels {
    fn span(&self, make: Option<&MakeFrom>) -> Span {
        let Some(make) = make else {
            // Here they are known from the start, so that a sampler can decide by them.
            return tracing::info_span!(
                target: "outflow",
                "stream",
                route = &*self.route,
                format = self.format,
                packets = Empty,
                bytes = Empty,
                outcome = Empty,
            );
        };
        let span = make.span();
        span.record("route", &*self.route);
        span.record("format", self.format);
        span
    }
}

/// Reports a stream that was not admitted.
pub(crate) fn shed(labels: &Labels, make: Option<&MakeFrom>) {
    let span = labels.span(make);
    span.record("packets", 0);
    span.record("bytes", 0);
    span.record("outcome", StreamOutcome::Shed.name());
    span.in_scope(|| tracing::debug!("no room for another stream"));
    measure::shed(labels);
}

#[cfg(feature = "metrics")]
mod measure {
    //! The names are in the crate's documentation.

    use std::time::Instant;

    use metrics::{Counter, counter, gauge, histogram};

    use super::{Labels, StreamOutcome};

    fn labels(labels: &Labels) -> [(&'static str, metrics::SharedString); 2] {
        [("route", labels.route.clone().into()), ("format", labels.format.into())]
    }

    /// The time and the counters of one stream. The counters are looked up once, and each step adds to an atomic number.
    #[derive(Debug)]
    pub(super) struct Meter {
        packets: Counter,
        bytes: Counter,
        opened: Instant,
    }

    impl Meter {
        pub(super) fn packets(&self, more: u64) {
            if more > 0 {
                self.packets.increment(more);
            }
        }

        pub(super) fn bytes(&self, more: u64) {
            self.bytes.increment(more);
        }

        pub(super) fn first_packet(&self, of: &Labels) {
            histogram!("outflow_first_packet_seconds", &labels(of)).record(self.opened.elapsed());
        }

        pub(super) fn closed(&self, of: &Labels, outcome: StreamOutcome) {
            gauge!("outflow_streams_open", &labels(of)).decrement(1);
            histogram!("outflow_stream_seconds", &labels(of)).record(self.opened.elapsed());
            ended(of, outcome);
        }
    }

    pub(super) fn opened(of: &Labels) -> Meter {
        gauge!("outflow_streams_open", &labels(of)).increment(1);
        Meter {
            packets: counter!("outflow_packets_total", &labels(of)),
            bytes: counter!("outflow_bytes_total", &labels(of)),
            opened: Instant::now(),
        }
    }

    pub(super) fn shed(of: &Labels) {
        ended(of, StreamOutcome::Shed);
    }

    fn ended(of: &Labels, outcome: StreamOutcome) {
        let [route, format] = labels(of);
        counter!("outflow_streams_total", &[route, format, ("outcome", outcome.name().into())]).increment(1);
    }
}

#[cfg(not(feature = "metrics"))]
mod measure {
    //! Without the feature `metrics` nothing is counted, and no clock is read.

    use super::{Labels, StreamOutcome};

    #[derive(Debug)]
    pub(super) struct Meter;

    impl Meter {
        pub(super) fn packets(&self, _more: u64) {}
        pub(super) fn bytes(&self, _more: u64) {}
        pub(super) fn first_packet(&self, _: &Labels) {}
        pub(super) fn closed(&self, _: &Labels, _: StreamOutcome) {}
    }

    pub(super) fn opened(_: &Labels) -> Meter {
        Meter
    }

    pub(super) fn shed(_: &Labels) {}
}
