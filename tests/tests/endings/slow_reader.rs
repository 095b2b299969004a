//! A cut body has no end record that a client could miss, so nothing before the cut may be lost. That includes a client
//! that reads slowly, whose packets still wait on the server when the action fails. The clients are raw, because the
//! sizes of their windows and their pauses count.

use axum::http::StatusCode;
use futures_util::future::join_all;
use outflow::{Controller as _, action, controller};
use tokio::time::{Duration, sleep};

use crate::support::{
    serve_narrow,
    wire::{Ask, End, PROTOCOLS, Protocol},
};

struct Export;

#[controller]
impl Export {
    #[action(path = "/rows/{panics}")]
    async fn rows(&self, panics: bool) -> Result<(), (StatusCode, &'static str)> {
        for i in 0..ROWS {
            self.stream(row(i));
        }
        assert!(!panics, "a secret of the server");
        Err((StatusCode::CONFLICT, "the basket is full"))
    }
}

const ROWS: usize = 2_000;

fn row(i: usize) -> String {
    format!("{i:0100}")
}

/// The media type of a format that is cut, and a row in it.
type Format = (&'static str, fn(usize) -> String);

const CUT: [Format; 4] = [
    ("application/x-ndjson", |i| format!("\"{}\"\n", row(i))),
    ("text/csv", |i| format!("{}\r\n", row(i))),
    ("text/plain", row),
    ("application/octet-stream", row),
];

#[derive(Clone, Copy)]
struct Reader {
    window: u32,
    pause: Duration,
}

/// Reads with pauses, through small windows, and compares.
async fn nothing_is_lost(protocol: Protocol, Reader { window, pause }: Reader, panics: bool, (accept, row): Format) {
    let path = format!("/export/rows/{panics}");
    let ask = Ask { window: Some(window), ..Ask::get(protocol, &path, accept) };
    let mut exchange = ask.open(serve_narrow(Export.into_router()).await).await;
    let end = loop {
        // This waits for nothing: it makes the reader slow.
        sleep(pause).await;
        if let Some(end) = exchange.read().await {
            break end;
        }
    };
    let expected: String = (0..ROWS).map(row).collect();
    let received = exchange.text();
    assert_eq!(end, End::Cut, "{accept}");
    assert!(received == expected, "{} of {} bytes of {accept}", received.len(), expected.len());
}

/// 200 kB, through windows from tiny to larger than the whole body.
#[tokio::test]
async fn http_2_rows_before_a_failure_all_arrive() {
    let windows = [4_096, 10_000, 16_384, 65_535, 1_000_000];
    join_all((0..25).map(|run| {
        let reader = Reader { window: windows[run % 5], pause: Duration::from_millis(run as u64 / 10) };
        nothing_is_lost(Protocol::Http2, reader, run % 2 == 0, CUT[0])
    }))
    .await;
}

#[tokio::test]
async fn http_1_rows_before_a_failure_all_arrive() {
    join_all((0..10).map(|run| {
        let reader = Reader { window: 4_096, pause: Duration::from_millis(run as u64 / 4) };
        nothing_is_lost(Protocol::Http1, reader, run % 2 == 0, CUT[0])
    }))
    .await;
}

#[tokio::test]
async fn nor_is_anything_lost_in_another_format_that_is_cut() {
    let reader = Reader { window: 8_192, pause: Duration::from_millis(1) };
    let runs = CUT[1..].iter().flat_map(|format| PROTOCOLS.map(|protocol| (protocol, *format)));
    join_all(runs.map(|(protocol, format)| nothing_is_lost(protocol, reader, false, format))).await;
}
