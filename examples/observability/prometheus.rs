//! Metrics for Prometheus.

use std::time::Duration;

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::interval;

/// Seconds to the first packet: what a user waits for.
const FIRST_PACKET: [f64; 10] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Seconds that streams live: from a short answer to a dashboard that is open all day.
const LIFETIME: [f64; 9] = [0.1, 1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0];

/// Histograms with buckets, which can be added up over servers; without them the exporter writes quantiles, which can't.
pub(crate) fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("outflow_first_packet_seconds".to_owned()), &FIRST_PACKET)?
        .set_buckets_for_metric(Matcher::Full("outflow_stream_seconds".to_owned()), &LIFETIME)
}

/// Starts to count.
pub(crate) fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = builder()?.install_recorder()?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut every = interval(Duration::from_secs(5));
        loop {
            every.tick().await;
            upkeep.run_upkeep(); // otherwise the samples of histograms pile up while nobody scrapes
        }
    });
    Ok(handle)
}

/// The page that Prometheus reads.
pub(crate) fn router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(async move || handle.render()))
}
