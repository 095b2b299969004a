//! Traces for OpenTelemetry: each span of `tracing` goes to a collector, by OTLP over HTTP.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource, runtime,
    trace::{SdkTracerProvider, span_processor_with_async_runtime::BatchSpanProcessor},
};
use tracing::Subscriber;
use tracing_subscriber::{Layer, registry::LookupSpan};

/// Sends spans, in batches, to the collector at this URL, which ends in `/v1/traces`.
pub(crate) fn provider(endpoint: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter =
        SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).with_endpoint(endpoint).build()?;
    Ok(SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("chat").build())
        .with_span_processor(BatchSpanProcessor::builder(exporter, runtime::Tokio).build())
        .build())
}

/// Passes spans of `tracing` on.
pub(crate) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer().with_tracer(provider.tracer("outflow"))
}
