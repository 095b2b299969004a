//! The packets that each format takes. Any other packet fails the action at that call, and nothing of it is sent.

use std::{collections::BTreeMap, time::Duration};

use axum::http::StatusCode;
use outflow::{Packet, action, controller, test::Client};
use serde::{Serialize, Serializer, ser::Error as _};

use End::{Cut, Failed};

/// The media type of a format, and the text before and after the only packet of a stream in it.
const FORMATS: [(&str, &str, &str); 7] = [
    ("text/event-stream", "", "event: done\nid: outflow-end\ndata:\n\n"),
    ("application/x-ndjson", "", ""),
    ("application/json", "{\"items\":[", "]}"),
    ("text/csv", "", ""),
    ("text/plain", "", ""),
    ("application/octet-stream", "", ""),
    ("application/octet-stream;charset=ISO-8859-1", "", "\0s"),
];

/// The packet is refused.
const NO: Option<&str> = None;

/// Each packet in each format.
#[rustfmt::skip]
const TABLE: [(&str, [Option<&str>; 7]); 20] = [
    ("struct", [
        Some("data: {\"n\":1,\"text\":\"ž\"}\n\n"),
        Some("{\"n\":1,\"text\":\"ž\"}\n"),
        Some("{\"n\":1,\"text\":\"ž\"}"),
        Some("n,text\r\n1,ž\r\n"),
        Some("{\"n\":1,\"text\":\"ž\"}\n"),
        NO,
        Some("17\0a{\"n\":1,\"text\":\"\\u017e\"}"),
    ]),
    ("nested", [
        Some("data: {\"inner\":{\"n\":1},\"n\":2}\n\n"),
        Some("{\"inner\":{\"n\":1},\"n\":2}\n"),
        Some("{\"inner\":{\"n\":1},\"n\":2}"),
        NO,
        Some("{\"inner\":{\"n\":1},\"n\":2}\n"),
        NO,
        Some("17\0a{\"inner\":{\"n\":1},\"n\":2}"),
    ]),
    ("map", [Some("data: {\"k\":1}\n\n"), Some("{\"k\":1}\n"), Some("{\"k\":1}"), Some("k\r\n1\r\n"), Some("{\"k\":1}\n"), NO, Some("7\0a{\"k\":1}")]),
    ("tuple", [Some("data: [1,\"a\"]\n\n"), Some("[1,\"a\"]\n"), Some("[1,\"a\"]"), Some("1,a\r\n"), Some("[1,\"a\"]\n"), NO, Some("7\0a[1,\"a\"]")]),
    ("string", [
        Some("data: \"a, \\\"b\\\"\\r\\n\"\n\n"),
        Some("\"a, \\\"b\\\"\\r\\n\"\n"),
        Some("\"a, \\\"b\\\"\\r\\n\""),
        Some("\"a, \"\"b\"\"\r\n\"\r\n"),
        Some("a, \"b\"\r\n"),
        Some("a, \"b\"\r\n"),
        Some("8\0sa, \"b\"\r\n"),
    ]),
    ("empty", [Some("data: \"\"\n\n"), Some("\"\"\n"), Some("\"\""), Some("\"\"\r\n"), Some(""), Some(""), Some("0\0s")]),
    ("number", [Some("data: -1.5\n\n"), Some("-1.5\n"), Some("-1.5"), Some("-1.5\r\n"), Some("-1.5\n"), NO, Some("4\0a-1.5")]),
    ("flag", [Some("data: true\n\n"), Some("true\n"), Some("true"), Some("true\r\n"), Some("true\n"), NO, Some("4\0atrue")]),
    ("null", [Some("data: null\n\n"), Some("null\n"), Some("null"), Some("\"\"\r\n"), Some("null\n"), NO, Some("4\0snull")]),
    ("unit", [Some("data: null\n\n"), Some("null\n"), Some("null"), Some("\"\"\r\n"), Some("null\n"), NO, Some("4\0snull")]),
    ("json-string", [Some("data: \"a\"\n\n"), Some("\"a\"\n"), Some("\"a\""), Some("a\r\n"), Some("a"), Some("a"), Some("1\0sa")]),
    ("json-array", [Some("data: [1]\n\n"), Some("[1]\n"), Some("[1]"), Some("1\r\n"), Some("[1]\n"), NO, Some("3\0a[1]")]),
    ("raw", [
        Some("data: <b>\ndata: ž,\n\n"),
        Some("\"<b>\\r\\nž,\"\n"),
        Some("\"<b>\\r\\nž,\""),
        Some("\"<b>\r\nž,\"\r\n"),
        Some("<b>\r\nž,"),
        Some("<b>\r\nž,"),
        Some("10\0a\"<b>\\r\\n\\u017e,\""),
    ]),
    ("bytes", [NO, NO, NO, NO, NO, Some("bytes\0"), NO]),
    ("fields", [Some("event: tick\nid: 7\nretry: 1500\ndata: 1\n\n"), Some("1\n"), Some("1"), Some("1\r\n"), Some("1\n"), NO, Some("1\0a1")]),
    ("raw-fields", [Some("event: \nid: \nretry: 0\ndata: a\n\n"), Some("\"a\"\n"), Some("\"a\""), Some("a\r\n"), Some("a"), Some("a"), Some("1\0sa")]),
    // Only event streams have such a field, so it matters only there.
    ("bad-event", [NO, Some("\"a\"\n"), Some("\"a\""), Some("a\r\n"), Some("a"), Some("a"), Some("1\0sa")]),
    ("fails", [NO; 7]),
    ("panics", [NO; 7]),
    ("json-fails", [NO; 7]),
];

/// The end of a stream that is refused.
#[derive(Clone, Copy)]
enum End {
    /// The failure is in the stream.
    Failed,
    Cut,
}

/// The body of a stream whose second packet is refused, after the packet "first".
const REFUSED: [(&str, End); 7] = [
    (
        "data: \"first\"\n\nevent: error\nid: outflow-end\n\
         data: {\"status\":500,\"title\":\"Internal Server Error\",\"type\":\"about:blank\"}\n\n",
        Failed,
    ),
    ("\"first\"\n", Cut),
    (
        "{\"items\":[\"first\"],\
         \"error\":{\"status\":500,\"title\":\"Internal Server Error\",\"type\":\"about:blank\"}}",
        Failed,
    ),
    ("first\r\n", Cut),
    ("first", Cut),
    ("first", Cut),
    (
        "5\0sfirst\0e{\"error\":{\"status\":500,\"str\":\"Internal Server Error\",\"type\":\"Internal Server Error\"},\
         \"ok\":false}",
        Failed,
    ),
];

#[derive(Serialize)]
struct Flat {
    n: u8,
    text: &'static str,
}

#[derive(Serialize)]
struct Nested {
    inner: Inner,
    n: u8,
}

#[derive(Serialize)]
struct Inner {
    n: u8,
}

/// Fails or panics when half of it has been written.
struct Half {
    panics: bool,
}

impl Serialize for Half {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq([Part::Good, if self.panics { Part::Panics } else { Part::Fails }])
    }
}

enum Part {
    Good,
    Fails,
    Panics,
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // Longer than any writer's buffer.
            Self::Good => serializer.serialize_str(&"half".repeat(10_000)),
            Self::Fails => Err(S::Error::custom("a secret")),
            Self::Panics => panic!("a secret"),
        }
    }
}

struct Taking;

#[controller]
impl Taking {
    #[action(path = "/first/{what}")]
    async fn first(&self, what: String) {
        self.one(&what).await;
    }

    #[action(path = "/second/{what}")]
    async fn second(&self, what: String) {
        self.stream("first");
        self.one(&what).await;
        self.stream("never");
    }

    async fn one(&self, what: &str) {
        match what {
            "struct" => self.stream(Flat { n: 1, text: "ž" }),
            "nested" => self.stream(Nested { inner: Inner { n: 1 }, n: 2 }),
            "map" => self.stream(BTreeMap::from([("k", 1)])),
            "tuple" => self.stream((1, "a")),
            "string" => self.stream("a, \"b\"\r\n"),
            "empty" => self.stream(""),
            "number" => self.stream(-1.5),
            "flag" => self.stream(true),
            "null" => self.stream(None::<u8>),
            "unit" => self.stream(()),
            "json-string" => self.stream(Packet::json("a")),
            "json-array" => self.stream(Packet::json(&[1])),
            "raw" => self.stream(Packet::raw("<b>\r\nž,")),
            "bytes" => self.stream(Packet::bytes("bytes\0")),
            "fields" => self.stream(Packet::json(&1).event("tick").id("7").retry(Duration::from_millis(1500))),
            "raw-fields" => self.stream(Packet::raw("a").event("").id("").retry(Duration::ZERO)),
            "bad-event" => self.stream(Packet::raw("a").event("a\nb")),
            "fails" => self.stream(Half { panics: false }),
            "panics" => self.stream(Half { panics: true }),
            "json-fails" => self.stream(Packet::json(&Half { panics: false })),
            _ => unreachable!("no such packet: {what}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_is_taken_is_written_in_the_way_of_its_format() {
    let client = Client::new(Taking);
    for (what, cells) in TABLE {
        for ((accept, before, after), cell) in FORMATS.into_iter().zip(cells) {
            let Some(packet) = cell else { continue };
            let mut answer = client.get(&format!("/taking/first/{what}")).accept(accept).start();
            assert_eq!(answer.text().await, format!("{before}{packet}{after}"), "{what} as {accept}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_packet_that_is_refused_is_a_500() {
    let client = Client::new(Taking);
    for (what, cells) in TABLE {
        for ((accept, ..), _) in FORMATS.iter().zip(cells).filter(|(_, cell)| cell.is_none()) {
            let mut answer = client.get(&format!("/taking/first/{what}")).accept(accept).start();
            let head = answer.head().await;
            assert_eq!(head.headers()["content-type"], "application/problem+json");
            assert_eq!(head.headers()["x-content-type-options"], "nosniff");
            assert_eq!(answer.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR, "{what} as {accept}");
            let problem = "{\"status\":500,\"title\":\"Internal Server Error\",\"type\":\"about:blank\"}";
            assert_eq!(answer.wire().await, problem, "{what} as {accept}");
        }
    }
}

/// The packets before it arrive, and nothing of the packet itself.
#[tokio::test(start_paused = true)]
async fn a_later_packet_that_is_refused_fails_the_action_and_no_packet_before_it() {
    let client = Client::new(Taking);
    for (what, cells) in TABLE {
        for (((accept, ..), (body, end)), _) in
            FORMATS.iter().zip(REFUSED).zip(cells).filter(|(_, cell)| cell.is_none())
        {
            let mut answer = client.get(&format!("/taking/second/{what}")).accept(accept).start();
            match end {
                Failed => drop(answer.failed().await),
                Cut => drop(answer.cut().await),
            }
            assert_eq!(answer.wire().await, body, "{what} as {accept}");
        }
    }
}
