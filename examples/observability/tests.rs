//! The recipes at work: what a scraper and a collector get, and whether the board and the rules ask for it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::State, routing::post};
use outflow::{Drain, test::Client};
use serde_json::Value;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{app, prometheus, traces};

const BOARD: &str = include_str!("grafana.json");
const ALERTS: &str = include_str!("alerts.yml");

/// The page of metrics after some streams.
fn page() -> String {
    let recorder = prometheus::builder().unwrap().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            Client::new(app()).get("/chat/answer").all::<String, ()>().await;
            let full = Client::with_drain(app(), Drain::new().max_streams(0));
            full.get("/chat/answer").start().failed().await;
        });
    });
    recorder.handle().render()
}

/// The names of series on the page, those of a histogram with their endings.
fn series(page: &str) -> BTreeSet<String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")).map(|line| line.split_once(' ').unwrap());
    types
        .flat_map(|(name, kind)| match kind {
            "histogram" => ["_bucket", "_sum", "_count"].map(|ending| format!("{name}{ending}")).to_vec(),
            _ => vec![name.to_owned()],
        })
        .collect()
}

/// The words of a text that begin like this.
fn words<'a>(text: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
    let words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    words.filter(move |word| word.starts_with(beginning))
}

/// The expressions of the board's panels.
fn expressions(board: &Value) -> Vec<String> {
    let panels = board["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_page_has_all_that_the_documentation_promises() {
    let page = page();
    for line in [
        r#"outflow_packets_total{route="/chat/answer",format="sse"} 5"#,
        r#"outflow_streams_total{route="/chat/answer",format="sse",outcome="finished"} 1"#,
        r#"outflow_streams_total{route="/chat/answer",format="sse",outcome="shed"} 1"#,
        r#"outflow_streams_open{route="/chat/answer",format="sse"} 0"#,
        r#"outflow_first_packet_seconds_bucket{route="/chat/answer",format="sse",le="30"} 1"#,
        r#"outflow_stream_seconds_count{route="/chat/answer",format="sse"} 1"#,
    ] {
        assert!(page.lines().any(|it| it == line), "no {line} in\n{page}");
    }
    assert!(page.contains("outflow_bytes_total{"), "{page}");
}

#[test]
fn the_board_and_the_rules_name_only_what_is_emitted() {
    let emitted = series(&page());
    let board: Value = serde_json::from_str(BOARD).unwrap();
    let used: BTreeSet<String> = expressions(&board)
        .iter()
        .flat_map(|expr| words(expr, "outflow_"))
        .map(str::to_owned)
        .chain(words(ALERTS, "outflow_").map(str::to_owned))
        .collect();
    let unknown: Vec<_> = used.difference(&emitted).collect();
    assert!(unknown.is_empty(), "{unknown:?} are not among {emitted:?}");
    // A metric that nobody looks at is missing on the board. One name of a histogram's three is enough.
    let base = |name: &str| ["_bucket", "_sum", "_count"].iter().fold(name.to_owned(), |name, it| name.replace(it, ""));
    let bases = |names: &BTreeSet<String>| names.iter().map(|name| base(name)).collect::<BTreeSet<_>>();
    assert_eq!(bases(&used), bases(&emitted));
}

/// Prometheus and Grafana know no label by another name.
#[test]
fn the_board_and_the_rules_ask_for_labels_that_there_are() {
    let board: Value = serde_json::from_str(BOARD).unwrap();
    let mut texts = expressions(&board);
    texts.push(ALERTS.to_owned());
    let mut labels = BTreeSet::new();
    for text in &texts {
        for grouped in text.split("by (").skip(1) {
            labels.extend(grouped.split(')').next().unwrap().split(',').map(|label| label.trim().to_owned()));
        }
        for matchers in text.split("outflow_").skip(1).filter_map(|rest| {
            let name = rest.trim_start_matches(|char: char| char.is_ascii_alphanumeric() || char == '_');
            name.strip_prefix('{')?.split('}').next()
        }) {
            let names = matchers.split(',').map(|matcher| matcher.split(['=', '!']).next().unwrap().trim().to_owned());
            labels.extend(names);
        }
    }
    assert_eq!(labels.into_iter().collect::<Vec<_>>(), ["format", "le", "outcome", "route"]);
}

#[test]
fn the_files_are_in_order() {
    let board: Value = serde_json::from_str(BOARD).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for expr in expressions(&board) {
        assert_eq!(expr.matches('(').count(), expr.matches(')').count(), "{expr}");
    }
    let count = |word: &str| ALERTS.lines().filter(|line| line.trim_start().starts_with(word)).count();
    let parts = ["- alert:", "expr:", "for:", "severity:", "summary:", "description:"];
    assert_eq!(parts.map(count), [4; 6]);
}

#[tokio::test]
async fn a_collector_gets_the_span_with_the_users_fields() {
    let received = Arc::new(Mutex::new(Vec::new()));
    let collector = Router::new()
        .route(
            "/v1/traces",
            post(async |State(received): State<Arc<Mutex<Vec<Value>>>>, Json(batch): Json<Value>| {
                received.lock().unwrap().push(batch);
                Json(serde_json::json!({}))
            }),
        )
        .with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, collector).into_future());

    let provider = traces::provider(&endpoint).unwrap();
    {
        let subscriber = tracing_subscriber::registry().with(traces::layer(&provider));
        let _guard = tracing::subscriber::set_default(subscriber);
        let client = Client::new(app());
        client.get("/chat/answer").header("x-user", "ada").all::<String, ()>().await;
    }
    // It waits for the export, which needs this thread.
    tokio::task::spawn_blocking(move || provider.shutdown()).await.unwrap().unwrap();

    let batches = received.lock().unwrap();
    let spans = batches.iter().flat_map(|batch| batch["resourceSpans"].as_array().unwrap());
    let spans = spans.flat_map(|resource| resource["scopeSpans"].as_array().unwrap());
    let mut spans = spans.flat_map(|scope| scope["spans"].as_array().unwrap());
    let span = spans.find(|span| span["name"] == "stream").unwrap_or_else(|| panic!("no span in {batches:?}"));
    let attributes = span["attributes"].as_array().unwrap();
    let attribute = |key: &str| {
        let found = attributes.iter().find(|attribute| attribute["key"] == key);
        let value = found.unwrap_or_else(|| panic!("no {key} in {attributes:?}"))["value"].as_object().unwrap();
        match value.values().next().unwrap() {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    };
    let names = ["user", "tokens", "route", "format", "packets", "outcome"];
    assert_eq!(names.map(attribute), ["ada", "5", "/chat/answer", "sse", "5", "finished"]);
}
