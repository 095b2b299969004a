//! Telemetry of a stream: one `tracing` span, and the same counts as metrics.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::{Span, field::Empty, span::Entered};

use super::{failure::Failure, limit::Limit};
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
    has_packets: bool,
    outcome: StreamOutcome,
    span: Span,
    labels: Labels,
    opened: Instant,
    pub(crate) packets: u64,
}

/// The labels that tell streams apart.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    /// The path as it was registered, with the names of its parameters.
    pub(crate) route: Arc<str>,
    pub(crate) format: &'static str,
}

impl StreamSpan {
    pub(crate) fn open(labels: Labels) -> Self {
        let span = tracing::info_span!(
            "stream",
            route = &*labels.route,
            format = labels.format,
            packets = Empty,
            bytes = Empty,
            outcome = Empty,
        );
        measure::opened(&labels);
        let opened = Instant::now();
        // A stream that is dropped before its end has lost its client.
        Self { labels, span, opened, has_packets: false, outcome: StreamOutcome::Cancelled, bytes: 0, packets: 0 }
    }

    /// The span in which the action runs.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Enters the span, if a subscriber wants it: this happens at each poll.
    pub(crate) fn enter(&self) -> Option<Entered<'_>> {
        (!self.span.is_disabled()).then(|| self.span.enter())
    }

    /// Notes that a packet has been sent. Only the first one matters.
    pub(crate) fn packet(&mut self) {
        if !std::mem::replace(&mut self.has_packets, true) {
            measure::first_packet(&self.labels, self.opened.elapsed());
        }
    }

    /// Counts bytes that go out.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
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
        self.span.record("packets", self.packets);
        self.span.record("bytes", self.bytes);
        self.span.record("outcome", self.outcome.name());
        measure::closed(&self.labels, self.outcome, self.opened.elapsed(), self.packets, self.bytes);
    }
}

/// Reports a stream that was not admitted.
pub(crate) fn shed(labels: &Labels) {
    let outcome = StreamOutcome::Shed;
    let (route, format) = (&*labels.route, labels.format);
    tracing::info_span!("stream", route, format, packets = 0, bytes = 0, outcome = outcome.name())
        .in_scope(|| tracing::debug!("no room for another stream"));
    measure::shed(labels);
}

#[cfg(feature = "metrics")]
mod measure {
    //! The names are in the crate's documentation.

    use metrics::{counter, gauge, histogram};

    use super::{Duration, Labels, StreamOutcome};

    fn labels(labels: &Labels) -> [(&'static str, metrics::SharedString); 2] {
        [("route", labels.route.clone().into()), ("format", labels.format.into())]
    }

    pub(super) fn opened(of: &Labels) {
        gauge!("outflow_streams_open", &labels(of)).increment(1);
    }

    pub(super) fn first_packet(of: &Labels, after: Duration) {
        histogram!("outflow_first_packet_seconds", &labels(of)).record(after);
    }

    pub(super) fn closed(of: &Labels, outcome: StreamOutcome, after: Duration, packets: u64, bytes: u64) {
        gauge!("outflow_streams_open", &labels(of)).decrement(1);
        histogram!("outflow_stream_seconds", &labels(of)).record(after);
        counter!("outflow_packets_total", &labels(of)).increment(packets);
        counter!("outflow_bytes_total", &labels(of)).increment(bytes);
        ended(of, outcome);
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
    //! Without the feature `metrics` nothing is counted.

    use super::{Duration, Labels, StreamOutcome};

    pub(super) fn opened(_: &Labels) {}
    pub(super) fn first_packet(_: &Labels, _: Duration) {}
    pub(super) fn closed(_: &Labels, _: StreamOutcome, _: Duration, _packets: u64, _bytes: u64) {}
    pub(super) fn shed(_: &Labels) {}
}
