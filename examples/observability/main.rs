//! Streams that can be watched: metrics for Prometheus, traces for OpenTelemetry, and a log.
//!
//! ```text
//! cargo run --example observability --features observability
//! curl -N 127.0.0.1:3000/chat/answer -H 'x-user: ada'
//! curl 127.0.0.1:9464/metrics
//! ```
//!
//! With `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318` the spans go to the collector there, such as that of
//! `docker run -p 4318:4318 -p 16686:16686 jaegertracing/jaeger`.
//!
//! Beside this file: a board for Grafana (`grafana.json`), and rules for Prometheus that raise an alarm (`alerts.yml`).

mod prometheus;
#[cfg(test)]
mod tests;
mod traces;

use std::{env, error::Error, io, time::Duration};

use axum::{Extension, Router, http::request::Parts};
use outflow::{Controller as _, MakeSpan, Server, action, controller, stream_span};
use outflow_examples::bind;
use tokio::{net::TcpListener, time::sleep};
use tracing::{Span, field::Empty, level_filters::LevelFilter};
use tracing_subscriber::{fmt::format::FmtSpan, layer::SubscriberExt as _, util::SubscriberInitExt as _};

struct Chat;

#[controller]
impl Chat {
    #[action] // GET /chat/answer
    async fn answer(&self) {
        let mut usage = Usage { tokens: 0, span: Span::current() };
        for word in ["Streams", "that", "can", "be", "watched"] {
            self.stream(word);
            usage.tokens += 1;
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The tokens that an answer has cost. They go into its span at the end, also if that is because the client has left.
struct Usage {
    tokens: u64,
    span: Span,
}

impl Drop for Usage {
    fn drop(&mut self) {
        self.span.record("tokens", self.tokens);
    }
}

/// The span of a stream: ours, with the user's name.
fn span(request: &Parts) -> Span {
    let user = request.headers.get("x-user").and_then(|user| user.to_str().ok());
    stream_span!(user, tokens = Empty)
}

fn app() -> Router {
    Chat.into_router().layer(Extension(MakeSpan::new(span)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let collector = env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok();
    let provider = collector.map(|base| traces::provider(&format!("{base}/v1/traces"))).transpose()?;
    // A line for each stream that has ended, with all fields of its span.
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_span_events(FmtSpan::CLOSE);
    tracing_subscriber::registry().with(LevelFilter::INFO).with(log).with(provider.as_ref().map(traces::layer)).init();

    // A listener of its own: it answers until the process ends, also while the other one drains.
    let metrics = TcpListener::bind("127.0.0.1:9464").await?;
    let scraped = axum::serve(metrics, prometheus::router(prometheus::install()?)).into_future();
    tokio::spawn(scraped);

    Server::new(app()).serve_on(bind("http").await?).await?;
    // Sends the spans that are left.
    if let Some(Err(error)) = provider.map(|provider| provider.shutdown()) {
        tracing::warn!(%error, "the last spans did not reach the collector");
    }
    Ok(())
}
