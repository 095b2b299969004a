//! The surroundings of a request about a run.

use std::sync::Arc;

use super::Runs;
use crate::{
    engine::{
        make_span::MakeFrom,
        telemetry::{Labels, StreamSpan, shed},
    },
    options::{Options, Resumable},
    server::drain::Drain,
};

/// The surroundings that every request about the runs of one action needs.
#[derive(Clone)]
pub(crate) struct RunContext {
    pub(crate) runs: Runs,
    pub(crate) options: &'static Options,
    pub(crate) resumable: &'static Resumable,
    pub(crate) route: Arc<str>,
    pub(crate) drain: Option<Drain>,
    pub(crate) make_span: Option<MakeFrom>,
}

impl RunContext {
    /// The span of a stream in this format.
    pub(super) fn open_span(&self, format: &'static str) -> StreamSpan {
        StreamSpan::open(self.labels(format), self.make_span.as_ref())
    }

    /// Reports that no stream in this format was admitted.
    pub(super) fn shed(&self, format: &'static str) {
        shed(&self.labels(format), self.make_span.as_ref());
    }

    fn labels(&self, format: &'static str) -> Labels {
        Labels { route: self.route.clone(), format }
    }
}
