//! The surroundings of a request about a run.

use std::sync::Arc;

use super::Runs;
use crate::{
    engine::telemetry::Labels,
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
}

impl RunContext {
    /// The labels of a stream in this format.
    pub(super) fn labels(&self, format: &'static str) -> Labels {
        Labels { route: self.route.clone(), format }
    }
}
