//! Telemetry of a stream: its span, and its metrics.

use std::{
    collections::BTreeMap,
    fmt,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::StatusCode};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use outflow::{Controller as _, Drain, action, controller, test::Client};
use tracing::{
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

use crate::support::until;

struct Streams;

#[controller]
impl Streams {
    #[action(path = "/{id}/finished")]
    async fn finished(&self, id: u8) -> u8 {
        self.stream(id);
        self.stream("two");
        id
    }

    #[action]
    async fn failed(&self) -> Result<(), StatusCode> {
        self.stream(1);
        Err(StatusCode::CONFLICT)
    }

    #[action]
    async fn early(&self) -> Result<(), StatusCode> {
        if true {
            return Err(StatusCode::CONFLICT);
        }
        self.stream(1);
        Ok(())
    }

    #[action]
    async fn panicked(&self) {
        self.stream(1);
        panic!("on purpose");
    }

    #[action]
    async fn endless(&self) {
        self.stream(1);
        pending::<()>().await;
    }

    #[action(post, resumable)]
    async fn run(&self) {
        self.stream(1);
        pending::<()>().await;
    }

    #[action(max_age = "10ms")]
    async fn aged(&self) {
        self.stream(1);
        pending::<()>().await;
    }

    #[action(on_shutdown = close)]
    async fn closed(&self) {
        self.stream(1);
        pending::<()>().await;
    }
}

/// The fields of every stream's span when it was closed.
#[derive(Clone, Default)]
pub struct Spans(Arc<Mutex<Vec<Fields>>>);

impl Spans {
    /// Remembers the spans of this thread, as long as the guard is there.
    pub fn remember() -> (Self, DefaultGuard) {
        let spans = Self::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
        (spans, guard)
    }

    /// Those of so many streams, as soon as they have been closed, and there is no other.
    pub async fn take(&self, count: usize) -> Vec<Fields> {
        until("the ends of the spans", async || self.0.lock().unwrap().len() >= count).await;
        let spans = self.closed();
        assert_eq!(spans.len(), count, "{spans:?}");
        spans
    }

    /// Takes those that have been closed by now.
    pub fn closed(&self) -> Vec<Fields> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub type Fields = BTreeMap<&'static str, String>;

#[derive(Default)]
struct Reader(Fields);

impl Visit for Reader {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut reader = Reader::default();
        attributes.record(&mut reader);
        context.span(id).unwrap().extensions_mut().insert(reader);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(reader) = context.span(id).unwrap().extensions_mut().get_mut::<Reader>() {
            values.record(reader);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        if span.name() == "stream" {
            let fields = span.extensions_mut().remove::<Reader>().unwrap().0;
            self.0.lock().unwrap().push(fields);
        }
    }
}

/// Runs a stream that ends in this way, and returns the length of its body.
async fn run(client: &Client, path: &str, outcome: &str) -> usize {
    let mut answer = client.get(path).start();
    match outcome {
        "cancelled" => {
            answer.packet::<u8>().await;
            answer.leave();
            client.dropped(path).await;
            return "data: 1\n\n".len();
        }
        "aborted" => {
            answer.packet::<u8>().await;
            client.drain();
        }
        _ => {}
    }
    answer.wire().await.len()
}

#[tokio::test(start_paused = true)]
async fn each_stream_is_one_span_that_says_how_it_ended() {
    let (spans, _guard) = Spans::remember();
    for (path, route, packets, outcome) in [
        ("/streams/7/finished", "/streams/{id}/finished", "2", "finished"),
        ("/streams/failed", "/streams/failed", "1", "failed"),
        ("/streams/early", "/streams/early", "0", "failed"),
        ("/streams/panicked", "/streams/panicked", "1", "failed"),
        ("/streams/endless", "/streams/endless", "1", "cancelled"),
        ("/streams/closed", "/streams/closed", "1", "aborted"),
        ("/streams/aged", "/streams/aged", "1", "aged"),
    ] {
        let bytes = run(&Client::new(Streams), path, outcome).await.to_string();
        let fields = spans.take(1).await.remove(0);
        let field = |name| fields.get(name).map(String::as_str);
        let told = [field("route"), field("format"), field("packets"), field("bytes"), field("outcome")];
        assert_eq!(told, [Some(route), Some("sse"), Some(packets), Some(&*bytes), Some(outcome)], "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_let_in_is_told_too() {
    let (spans, _guard) = Spans::remember();
    let client = Client::with_drain(Streams, Drain::new().max_streams(0));
    client.get("/streams/endless").start().failed().await;
    let fields = spans.take(1).await.remove(0);
    assert_eq!((&*fields["route"], &*fields["outcome"]), ("/streams/endless", "shed"));
}

/// The route of a nested router includes the path that it is nested under.
#[tokio::test(start_paused = true)]
async fn the_route_is_the_whole_path() {
    let (spans, _guard) = Spans::remember();
    let client = Client::new(Router::new().nest("/api/{version}", Streams.into_router()));
    client.get("/api/2/streams/7/finished").start().done::<u8>().await;
    assert_eq!(spans.take(1).await[0]["route"], "/api/{version}/streams/{id}/finished");
}

#[test]
fn the_same_counts_go_to_the_metrics() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let client = Client::new(Streams);
            for id in [7, 8] {
                client.get(&format!("/streams/{id}/finished")).start().done::<u8>().await;
            }
            let json = client.get("/streams/9/finished").accept("application/json").start().text().await;
            assert_eq!(json, r#"{"items":[9,"two"],"result":9}"#);
            run(&client, "/streams/endless", "cancelled").await;
            let mut open = client.get("/streams/endless").start();
            open.packet::<u8>().await;
            let full = Client::with_drain(Streams, Drain::new().max_streams(0));
            full.get("/streams/endless").start().failed().await;
            check(snapshotter.snapshot().into_vec());
        });
    });
}

type Metric = (metrics_util::CompositeKey, Option<metrics::Unit>, Option<metrics::SharedString>, DebugValue);

fn check(metrics: Vec<Metric>) {
    let metrics: BTreeMap<String, String> = metrics
        .into_iter()
        .map(|(key, _, _, value)| {
            let labels: Vec<_> = key.key().labels().map(|label| label.value().to_owned()).collect();
            let value = match value {
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Gauge(value) => value.to_string(),
                DebugValue::Histogram(values) => format!("{} times", values.len()),
            };
            (format!("{} {}", key.key().name(), labels.join(" ")), value)
        })
        .collect();
    let finished = "/streams/{id}/finished";
    for (name, expected) in [
        (format!("outflow_streams_total {finished} sse finished"), "2"),
        (format!("outflow_streams_total {finished} json finished"), "1"),
        ("outflow_streams_total /streams/endless sse cancelled".to_owned(), "1"),
        ("outflow_streams_total /streams/endless sse shed".to_owned(), "1"),
        (format!("outflow_packets_total {finished} sse"), "4"),
        (format!("outflow_bytes_total {finished} json"), "30"),
        ("outflow_streams_open /streams/endless sse".to_owned(), "1"),
        (format!("outflow_streams_open {finished} sse"), "0"),
        (format!("outflow_first_packet_seconds {finished} sse"), "2 times"),
        (format!("outflow_stream_seconds {finished} sse"), "2 times"),
    ] {
        assert_eq!(metrics.get(&name).map(String::as_str), Some(expected), "{name} of {metrics:#?}");
    }
}

/// A run and its follower end as their server does, or as a client wants.
#[tokio::test(start_paused = true)]
async fn a_follower_tells_whose_doing_the_end_of_its_run_was() {
    for outcome in ["aborted", "cancelled"] {
        let (spans, _guard) = Spans::remember();
        let client = Client::new(Streams).limit(Duration::from_secs(60));
        let mut answer = client.post("/streams/run").start();
        answer.packet::<u8>().await;
        match outcome {
            "aborted" => client.drain(),
            _ => client.cancel(answer.run()).await,
        }
        answer.failed().await;
        for fields in spans.take(2).await {
            assert_eq!(fields["outcome"], outcome, "{fields:?}");
        }
    }
}
