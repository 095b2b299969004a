//! Every kind of value that serde can write as `csv`: the same bytes, or the same refusal, in a live response, in a run
//! and as a `Packet::json`.

use axum::http::StatusCode;
use outflow::{Packet, action, controller, test::Client};

use super::csv_kinds::Kind;
use crate::support::runs::KEY;

/// Streams of one packet, by their kinds.
#[rustfmt::skip]
const TAKEN: &[(&str, &[&str])] = &[
    ("bool", &["true"]),
    ("char", &["ž"]),
    ("quoted-char", &["\"\"\"\""]),
    ("i8", &["-128"]),
    ("u64", &["18446744073709551615"]),
    ("u128", &["340282366920938463463374607431768211455"]),
    ("i128", &["-170141183460469231731687303715884105728"]),
    ("f32", &["0.1"]),
    ("f64", &["0.1"]),
    ("long-f64", &["0.30000000000000004"]),
    ("whole-f64", &["1.0"]),
    ("large-f64", &["1e+300"]),
    ("negative-zero", &["-0.0"]),
    ("nan", &["\"\""]),
    ("infinity", &["\"\""]),
    ("string", &["\"a, \"\"b\"\"\r\nc\""]),
    ("escaped-string", &["\t\\\u{1}\u{7f}ž"]),
    ("none", &["\"\""]),
    ("some", &["1"]),
    ("unit", &["\"\""]),
    ("unit-struct", &["\"\""]),
    ("unit-variant", &["Unit"]),
    ("renamed-variant", &["\"is, renamed\""]),
    ("newtype-struct", &["1"]),
    ("newtype-variant", &["Newtype", "1"]),
    ("internally-tagged", &["type,n", "Struct,1"]),
    ("adjacently-tagged", &["t,c", "Number,1"]),
    ("untagged", &["n", "1"]),
    ("tuple", &["1,a,"]),
    ("tuple-struct", &["1,a"]),
    ("array", &["1,2"]),
    ("list", &["1,2"]),
    ("endless-list", &["0,1,2"]),
    ("bytes", &["0,255"]),
    ("struct", &["big,real,no,text", "340282366920938463463374607431768211455,,,\"a,b\""]),
    ("empty-string-in-a-struct", &["text", "\"\""]),
    ("quoted-names", &["\"a \"\"b\"\", c\"", "1"]),
    ("escaped-names", &["\"line\nbreak\"", "1"]),
    ("map", &["a,b", "1,2"]),
    ("map-of-numbers", &["1,2", "a,b"]),
    ("flatten", &["x,y,z", "1,2,3"]),
    ("flatten-map", &["x,a,b", "1,1,2"]),
    ("object", &["n,no,text", "1.5,,a"]),
    ("json-number", &["1.5"]),
    ("json-list", &["1,a"]),
    ("raw-number", &["123456789012345678901234567890.10"]),
    ("raw-object", &["a,b", "1E5,\"\"\"\n\""]),
    ("raw-list", &["1,2"]),
    ("displayed", &["192.168.0.1"]),
    ("displayed-in-a-struct", &["address", "192.168.0.1"]),
    ("packet", &["<b>"]),
];

/// What has no place in a flat record, or no columns.
const REFUSED: &[&str] = &[
    "struct-variant",
    "tuple-variant",
    "list-in-a-struct",
    "struct-in-a-struct",
    "map-in-a-struct",
    "newtype-variant-in-a-struct",
    "bytes-in-a-struct",
    "list-in-a-list",
    "struct-in-a-tuple",
    "empty-list",
    "empty-struct",
    "empty-map",
    "failing",
    "failing-halfway",
];

/// Streams of two packets, and their lines.
const PAIRS: &[(&str, &str, &[&str], bool)] = &[
    ("map", "map", &["a,b", "1,2", "1,2"], false),
    ("map", "map-in-another-order", &["a,b", "1,2", "3,4"], false),
    ("map-in-another-order", "map", &["b,a", "4,3", "2,1"], false),
    ("map", "shorter-map", &["a,b", "1,2", ",5"], false),
    ("map", "empty-map", &["a,b", "1,2", ","], false),
    ("map", "map-of-others", &["a,b", "1,2"], true),
    ("map", "longer-map", &["a,b", "1,2"], true),
    ("shorter-map", "map", &["b", "5"], true),
    ("skips-none", "skips-first", &["a,b", "1,2", ",2"], false),
    ("skips-none", "skips-last", &["a,b", "1,2", "1,"], false),
    ("skips-first", "skips-none", &["b", "2"], true),
    ("skips-last", "skips-first", &["a", "1"], true),
    ("struct-a-b", "struct-b-a", &["a,b", "1,2", "3,4"], false),
    ("struct-a-b", "twice-a", &["a,b", "1,2"], true),
    ("struct-a-b", "tuple-of-two", &["a,b", "1,2", "8,9"], false),
    ("struct-a-b", "u64", &["a,b", "1,2"], true),
    ("struct-a-b", "tuple", &["a,b", "1,2"], true),
    ("struct-a-b", "list-in-a-struct", &["a,b", "1,2"], true),
    ("tuple-of-two", "struct-a-b", &["8,9", "1,2"], false),
    ("tuple-of-two", "tuple", &["8,9"], true),
    ("tuple-of-two", "list-in-a-list", &["8,9"], true),
    ("tuple-of-two", "empty-list", &["8,9"], true),
    ("newtype-variant", "other-variant", &["Newtype", "1"], true),
    ("i8", "char", &["-128", "ž"], false),
    ("i8", "array", &["-128"], true),
    ("failing-halfway", "i8", &[], true),
];

struct Rows;

/// The kinds are separated by commas.
#[controller]
impl Rows {
    #[action(post, path = "/live/{kinds}")]
    async fn live(&self, kinds: String) {
        self.values(&kinds).await;
    }

    #[action(post, path = "/run/{kinds}", resumable)]
    async fn run(&self, kinds: String) {
        self.values(&kinds).await;
    }

    async fn values(&self, kinds: &str) {
        for kind in kinds.split(',') {
            match kind {
                "packet" => self.stream(Packet::raw("<b>")),
                _ => self.stream(Kind(kind)),
            }
        }
    }

    #[action(post, path = "/live-packet/{kinds}")]
    async fn live_packet(&self, kinds: String) {
        self.packets(&kinds).await;
    }

    #[action(post, path = "/run-packet/{kinds}", resumable)]
    async fn run_packet(&self, kinds: String) {
        self.packets(&kinds).await;
    }

    async fn packets(&self, kinds: &str) {
        for kind in kinds.split(',') {
            match kind {
                "packet" => self.stream(Packet::json("<b>")),
                _ => self.stream(Packet::json(&Kind(kind))),
            }
        }
    }
}

/// Asserts that these lines arrive in each of the ways, and that the stream is refused after them where `is_refused`.
async fn assert_table(kinds: &str, lines: &[&str], is_refused: bool) {
    let expected: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let client = Client::new(Rows).accept("text/csv");
    for way in ["live", "run", "live-packet", "run-packet"] {
        let mut answer = client.post(&format!("/rows/{way}/{kinds}")).header("idempotency-key", KEY).start();
        if !is_refused {
            assert_eq!(answer.text().await, expected, "{kinds}, {way}");
        } else if expected.is_empty() && answer.head().await.status() != StatusCode::OK {
            assert_eq!(answer.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR, "{kinds}, {way}");
        } else {
            answer.cut().await;
            assert_eq!(answer.wire().await, expected, "{kinds}, {way}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_value_is_the_same_live_and_in_a_run() {
    for (kind, lines) in TAKEN {
        assert_table(kind, lines, false).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_flat_record_is_refused_live_and_in_a_run() {
    for kind in REFUSED {
        assert_table(kind, &[], true).await;
    }
}

/// Never is a field under the name of another.
#[tokio::test(start_paused = true)]
async fn later_records_go_under_the_names_of_the_first_or_are_refused() {
    for (first, second, lines, is_refused) in PAIRS {
        assert_table(&format!("{first},{second}"), lines, *is_refused).await;
    }
}
