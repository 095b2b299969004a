//! Telemetry of a stream: its span, and its metrics.

use std::{
    collections::BTreeMap,
    fmt,
    future::pending,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    http::{Request, StatusCode},
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use outflow::{Controller as _, Drain, action, controller};
use tracing::{
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

use crate::support::{
    frame, get, open_get, read,
    runs::{Started, cancel, start},
    send, until,
};

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
struct Spans(Arc<Mutex<Vec<Fields>>>);

type Fields = BTreeMap<&'static str, String>;

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
async fn run(app: &Router, drain: &Drain, outcome: &str) -> usize {
    match outcome {
        "cancelled" => {
            let mut body = open_get(app, "/streams/endless").await.into_body();
            frame(&mut body).await.unwrap().len()
        }
        "aborted" => {
            let body = open_get(app, "/streams/closed").await.into_body();
            drain.start();
            read(body).await.0.len()
        }
        path => get(app, &format!("/streams/{path}")).await.body.len(),
    }
}

#[tokio::test]
async fn each_stream_is_one_span_that_says_how_it_ended() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
    for (how, route, packets, outcome) in [
        ("7/finished", "/streams/{id}/finished", "2", "finished"),
        ("failed", "/streams/failed", "1", "failed"),
        ("early", "/streams/early", "0", "failed"),
        ("panicked", "/streams/panicked", "1", "failed"),
        ("cancelled", "/streams/endless", "1", "cancelled"),
        ("aborted", "/streams/closed", "1", "aborted"),
        ("aged", "/streams/aged", "1", "aged"),
    ] {
        let drain = Drain::new();
        let bytes = run(&Streams.into_router().layer(drain.layer()), &drain, how).await.to_string();
        let fields = spans.0.lock().unwrap().pop().unwrap();
        let field = |name| fields.get(name).map(String::as_str);
        let told = [field("route"), field("format"), field("packets"), field("bytes"), field("outcome")];
        assert_eq!(told, [Some(route), Some("sse"), Some(packets), Some(&*bytes), Some(outcome)], "{how}");
        assert!(spans.0.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_stream_that_is_not_let_in_is_told_too() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
    let app = Streams.into_router().layer(Drain::new().max_streams(0).layer());
    get(&app, "/streams/endless").await;
    let fields = spans.0.lock().unwrap().pop().unwrap();
    assert_eq!((&*fields["route"], &*fields["outcome"]), ("/streams/endless", "shed"));
}

/// The route of a nested router includes the path that it is nested under.
#[tokio::test]
async fn the_route_is_the_whole_path() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
    let app = Router::new().nest("/api/{version}", Streams.into_router());
    get(&app, "/api/2/streams/7/finished").await;
    assert_eq!(spans.0.lock().unwrap()[0]["route"], "/api/{version}/streams/{id}/finished");
}

#[test]
fn the_same_counts_go_to_the_metrics() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let drain = Drain::new();
            let app = Streams.into_router().layer(drain.layer());
            get(&app, "/streams/7/finished").await;
            get(&app, "/streams/8/finished").await;
            let json = Request::get("/streams/9/finished").header("accept", "application/json");
            assert_eq!(send(&app, json).await.body, r#"{"items":[9,"two"],"result":9}"#);
            run(&app, &drain, "cancelled").await;
            let _open = open_get(&app, "/streams/endless").await;
            get(&Streams.into_router().layer(Drain::new().max_streams(0).layer()), "/streams/endless").await;
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
        let spans = Spans::default();
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
        let drain = Drain::new();
        let app = Streams.into_router().layer(drain.layer());
        let Started { run, mut body } = start(&app, "/streams/run").await;
        frame(&mut body).await.unwrap();
        match outcome {
            "aborted" => drain.start(),
            _ => drop(cancel(&app, &run).await),
        }
        assert!(read(body).await.0.contains("event: error"));
        until("both ends", async || spans.0.lock().unwrap().len() == 2).await;
        for fields in spans.0.lock().unwrap().iter() {
            assert_eq!(fields["outcome"], outcome, "{fields:?}");
        }
    }
}
