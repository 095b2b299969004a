//! The choice of the format by the request.

use axum::http::StatusCode;
use outflow::{action, controller, test::Client};

struct Any;

#[controller]
impl Any {
    #[action]
    async fn one(&self) {
        self.stream("one");
    }
}

const SSE: &str = "text/event-stream";
const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
const HAZAAR: &str = "application/octet-stream;charset=ISO-8859-1";

async fn content_type(headers: &[(&str, &str)]) -> String {
    let client = Client::new(Any);
    let request = headers.iter().fold(client.get("/any/one"), |request, (name, value)| request.header(name, value));
    let mut answer = request.start();
    let head = answer.head().await;
    answer.text().await;
    head.headers()["content-type"].to_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_accept_header_picks_the_format() {
    for (accept, expected) in [
        ("text/event-stream", SSE),
        ("TEXT/Event-Stream; charset=UTF-8", SSE),
        ("*/*", SSE),
        ("text/*", SSE),
        ("application/*", NDJSON),
        ("application/x-ndjson", NDJSON),
        ("application/jsonl", NDJSON),
        ("application/ndjson", NDJSON),
        ("application/x-jsonlines", NDJSON),
        ("application/json-lines;charset=utf-8", NDJSON),
        ("application/json", JSON),
        ("text/csv", CSV),
        ("text/csv; header=present, text/plain;q=0.9", CSV),
        ("text/csv; charset=utf-8; Header=\"present\", text/plain;q=0.9", CSV),
        // Records without names bring no header line, but most have it.
        ("text/csv; header=absent, text/plain;q=0.9", TEXT),
        ("text/csv; columns=3, text/plain;q=0.9", TEXT),
        ("text/plain", TEXT),
        ("text/plain;charset=utf-8", TEXT),
        ("text/csv;q=0.5, text/plain;q=0.5", CSV),
        ("text/*, text/event-stream;q=0.1", CSV),
        ("text/html,application/xhtml+xml,*/*;q=0.8", SSE),
        ("text/event-stream;q=0.2, application/octet-stream;q=0.3", BYTES),
        ("application/octet-stream, text/event-stream", SSE),
        ("*/*, text/event-stream;q=0", NDJSON),
        ("nonsense, text/event-stream", SSE),
        ("text/event-stream;q=0.001, application/octet-stream;q=0", SSE),
        ("text/event-stream;q=1e-1, application/octet-stream;q=0.1", BYTES),
        ("text/event-stream;q=2, application/octet-stream;q=1.000", BYTES),
        (HAZAAR, HAZAAR),
        ("application/octet-stream; CharSet=\"iso-8859-1\"", HAZAAR),
        // Within quotes nothing is a separator.
        ("text/csv;x=\"a;q=0\", application/json", JSON),
        ("application/ld+json;profile=\"a,text/csv,b\", text/plain", TEXT),
        ("text/html;x=\"\\\",text/csv,\", text/plain", TEXT),
        ("text/plain, text/html;x=\"text/csv", TEXT),
        ("", SSE),
    ] {
        assert_eq!(content_type(&[("accept", accept)]).await, expected, "{accept}");
    }
    assert_eq!(content_type(&[]).await, SSE);
    assert_eq!(content_type(&[("accept", "text/html"), ("accept", SSE)]).await, SSE);
}

/// The original Hazaar client sends this header, and `*/*`.
#[tokio::test(start_paused = true)]
async fn a_hazaar_client_gets_frames() {
    assert_eq!(content_type(&[("x-request-type", "stream")]).await, HAZAAR);
    assert_eq!(content_type(&[("x-request-type", "stream"), ("accept", "*/*")]).await, HAZAAR);
    assert_eq!(content_type(&[("x-request-type", "stream"), ("accept", SSE)]).await, SSE);
}

#[tokio::test(start_paused = true)]
async fn nothing_acceptable_is_a_406_that_lists_what_there_is() {
    for accept in ["text/html", "text/event-stream;q=0", "application/octet-stream;charset=utf-16", "*/*;q=0"] {
        let client = Client::new(Any);
        let mut answer = client.get("/any/one").accept(accept).start();
        let head = answer.head().await;
        assert_eq!(head.headers()["vary"], "accept, x-request-type");
        assert_eq!(head.headers()["x-content-type-options"], "nosniff");
        assert_eq!(head.headers()["content-type"], "application/problem+json");
        let failed = answer.failed().await;
        assert_eq!(failed.status(), StatusCode::NOT_ACCEPTABLE, "{accept}");
        let formats = failed.problem()["formats"].as_array().unwrap();
        assert_eq!(
            formats.iter().map(|format| format["name"].as_str().unwrap()).collect::<Vec<_>>(),
            ["sse", "ndjson", "json", "csv", "text", "bytes", "hazaar"]
        );
        let listed: Vec<_> = formats.iter().flat_map(|format| format["media_types"].as_array().unwrap()).collect();
        for media_type in [SSE, NDJSON, "application/jsonl", JSON, CSV, "text/plain", BYTES, HAZAAR] {
            assert!(listed.iter().any(|listed| *listed == media_type), "{media_type}: {failed}");
        }
    }
}
