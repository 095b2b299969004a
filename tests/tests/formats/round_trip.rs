//! Round trips: every value comes back the same from a decoder that is not ours, wherever the network splits the bytes.

use std::{io, mem::take, sync::Mutex, time::Duration};

use outflow::{Packet, action, controller, test::Client};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json, value::RawValue};
use tokio::task::yield_now;

use crate::support::decoders::{Frames, Pieces, events, in_frames, lines};

/// One packet.
#[derive(Clone, Debug)]
enum Sent {
    Value(Value),
    /// The same with line breaks between its tokens.
    Loose(Value),
    Made(Value),
    Raw(String),
}

impl Sent {
    /// The value that a reader of JSON receives.
    fn as_json(&self) -> Value {
        match self {
            Self::Value(value) | Self::Loose(value) | Self::Made(value) => value.clone(),
            Self::Raw(text) => text.clone().into(),
        }
    }
}

/// The fields of an event.
type Fields = (Option<String>, Option<String>, Option<Duration>);

fn loose(value: &Value) -> Box<RawValue> {
    let json = serde_json::to_string_pretty(value).unwrap().replace("\n  ", "\r\n ").replace("\n ", "\r ");
    RawValue::from_string(json).unwrap()
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
struct Record {
    text: String,
    number: i64,
    is_set: bool,
    note: Option<String>,
    letter: char,
}

#[derive(Default)]
struct Feed {
    /// Each with whether the action waits after it, so that frames differ.
    packets: Vec<(Sent, bool)>,
    events: Vec<(String, Fields)>,
    records: Vec<Record>,
    rows: Vec<Vec<String>>,
    bytes: Vec<Vec<u8>>,
    result: Mutex<Value>,
}

#[controller]
impl Feed {
    #[action]
    async fn packets(&self) -> Value {
        for (packet, waits) in &self.packets {
            match packet {
                Sent::Value(value) => self.stream(value),
                Sent::Loose(value) => self.stream(loose(value)),
                Sent::Made(value) => self.stream(Packet::json(value)),
                Sent::Raw(text) => self.stream(Packet::raw(text)),
            }
            if *waits {
                yield_now().await;
            }
        }
        take(&mut self.result.lock().unwrap())
    }

    #[action]
    async fn events(&self) {
        for (text, (event, id, retry)) in self.events.clone() {
            let mut packet = Packet::raw(text);
            packet = event.into_iter().fold(packet, Packet::event);
            packet = id.into_iter().fold(packet, Packet::id);
            packet = retry.into_iter().fold(packet, Packet::retry);
            self.stream(packet);
        }
    }

    #[action]
    async fn records(&self) {
        for record in &self.records {
            self.stream(record);
        }
    }

    #[action]
    async fn rows(&self) {
        for row in &self.rows {
            self.stream(row);
        }
    }

    #[action]
    async fn bytes(&self) {
        for bytes in &self.bytes {
            self.stream(Packet::bytes(bytes.clone()));
        }
    }
}

/// A body in pieces.
fn received(feed: Feed, path: &str, accept: &str, borders: &[Index]) -> Vec<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let body = runtime.block_on(async {
        let client = Client::new(feed);
        let mut answer = client.get(&format!("/feed/{path}")).accept(accept).start();
        answer.done::<IgnoredAny>().await;
        answer.wire().await
    });
    let mut borders: Vec<usize> = borders.iter().map(|border| border.index(body.len() + 1)).collect();
    borders.extend([0, body.len()]);
    borders.sort_unstable();
    borders.windows(2).map(|pair| body[pair[0]..pair[1]].to_vec()).collect()
}

fn text() -> impl Strategy<Value = String> {
    let control =
        prop::sample::select((0..=0x9f_u8).map(char::from).filter(|char| char.is_control()).collect::<Vec<_>>());
    let nasty = prop::sample::select("\r\n\0\"\\,;: \u{2028}\u{2029}\u{feff}\u{e9}ž€🦀".chars().collect::<Vec<_>>());
    let char = prop_oneof![3 => nasty, 1 => control, 1 => any::<char>()];
    vec(char, 0..12).prop_map(String::from_iter)
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| json!(f64::from(eighths) / 8.0)),
    ];
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, text().prop_map(Value::from)];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let object = vec((text(), inner.clone()), 0..4).prop_map(|members| members.into_iter().collect());
        prop_oneof![vec(inner, 0..4).prop_map(Value::Array), object]
    })
}

fn packets() -> impl Strategy<Value = Vec<(Sent, bool)>> {
    let sent = prop_oneof![
        value().prop_map(Sent::Value),
        value().prop_map(Sent::Loose),
        value().prop_map(Sent::Made),
        text().prop_map(Sent::Raw),
    ];
    vec((sent, any::<bool>()), 0..12)
}

fn borders() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 0..40)
}

/// Names and ids hold no line break and no NUL, and are not those of the end.
fn field() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text().prop_map(|text| text.replace(['\r', '\n', '\0'], "")))
}

fn record() -> impl Strategy<Value = Record> {
    // An empty field reads as no note.
    let note = prop::option::of(text().prop_filter("a note", |note| !note.is_empty()));
    (text(), any::<i64>(), any::<bool>(), note, any::<char>()).prop_map(|(text, number, is_set, note, letter)| Record {
        text,
        number,
        is_set,
        note,
        letter,
    })
}

fn rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    let rows = (1..5_usize).prop_flat_map(|fields| vec(vec(text(), fields), 0..6));
    // At the very start every reader takes one for a byte order mark.
    rows.prop_filter("a mark of the order", |rows| !rows.first().is_some_and(|row| row[0].starts_with('\u{feff}')))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sse(packets in packets(), result in value(), borders in borders()) {
        let feed = Feed { packets: packets.clone(), result: Mutex::new(result.clone()), ..Feed::default() };
        let mut events = events(received(feed, "packets", "text/event-stream", &borders));
        let (end, id, data, _) = events.pop().unwrap();
        prop_assert_eq!((&*end, &*id, serde_json::from_str::<Value>(&data).unwrap()), ("done", "outflow-end", result));
        prop_assert_eq!(events.len(), packets.len());
        for ((name, _, data, _), (packet, _)) in events.iter().zip(&packets) {
            prop_assert_eq!(name, "message");
            match packet {
                Sent::Raw(text) => prop_assert_eq!(data, &lines(text)),
                packet => prop_assert_eq!(serde_json::from_str::<Value>(data).unwrap(), packet.as_json()),
            }
        }
    }

    #[test]
    fn sse_fields(
        sent in vec((text(), (field(), field(), prop::option::of((0..u64::MAX).prop_map(Duration::from_millis)))), 0..8),
        borders in borders(),
    ) {
        let feed = Feed { events: sent.clone(), ..Feed::default() };
        let events = events(received(feed, "events", "text/event-stream", &borders));
        let mut last_id = String::new();
        let mut expected = Vec::new();
        for (text, (name, id, retry)) in sent {
            // An id holds until the next one; an event without a name is a message.
            last_id = id.unwrap_or(last_id);
            let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "message".to_owned());
            // Timers of browsers go no further.
            let retry = retry.map(|retry| retry.min(Duration::from_millis(i32::MAX as u64)));
            expected.push((name, last_id.clone(), lines(&text), retry));
        }
        expected.push(("done".to_owned(), "outflow-end".to_owned(), String::new(), None));
        prop_assert_eq!(events, expected);
    }

    #[test]
    fn ndjson(packets in packets(), borders in borders()) {
        let feed = || Feed { packets: packets.clone(), ..Feed::default() };
        let expected: Vec<Value> = packets.iter().map(|(packet, _)| packet.as_json()).collect();
        let pieces = received(feed(), "packets", "application/x-ndjson", &borders);
        let lines: Vec<Value> = io::BufRead::split(io::BufReader::new(Pieces::new(pieces.clone())), b'\n')
            .map(|line| serde_json::from_slice(&line.unwrap()).unwrap()).collect();
        prop_assert_eq!(&lines, &expected);
        let values = serde_json::Deserializer::from_reader(Pieces::new(pieces)).into_iter::<Value>();
        prop_assert_eq!(&values.map(Result::unwrap).collect::<Vec<_>>(), &expected);
    }

    #[test]
    fn json(packets in packets(), result in value(), borders in borders()) {
        let feed = Feed { packets: packets.clone(), result: Mutex::new(result.clone()), ..Feed::default() };
        let pieces = received(feed, "packets", "application/json", &borders);
        let items: Vec<Value> = packets.iter().map(|(packet, _)| packet.as_json()).collect();
        let document: Value = serde_json::from_reader(Pieces::new(pieces)).unwrap();
        prop_assert_eq!(document, json!({ "items": items, "result": result }));
    }

    #[test]
    fn csv_records(records in vec(record(), 0..8), borders in borders()) {
        let feed = Feed { records: records.clone(), ..Feed::default() };
        let mut reader = csv::Reader::from_reader(Pieces::new(received(feed, "records", "text/csv", &borders)));
        let decoded: Vec<Record> = reader.deserialize().map(Result::unwrap).collect();
        prop_assert_eq!(decoded, records);
    }

    #[test]
    fn csv_rows(rows in rows(), borders in borders()) {
        let feed = Feed { rows: rows.clone(), ..Feed::default() };
        let pieces = Pieces::new(received(feed, "rows", "text/csv", &borders));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(pieces);
        let decoded: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
        prop_assert_eq!(decoded, rows);
    }

    #[test]
    fn text_of_strings_and_values(packets in packets()) {
        let feed = Feed { packets: packets.clone(), ..Feed::default() };
        let text = String::from_utf8(received(feed, "packets", "text/plain", &[]).concat()).unwrap();
        let expected: String = packets.iter().map(|(packet, _)| match (packet, packet.as_json()) {
            (_, Value::String(text)) => text,
            // On one line: a line break between two tokens means no more than a space.
            (Sent::Loose(_), value) => format!("{}\n", loose(&value).get().replace(['\n', '\r'], " ")),
            (_, value) => format!("{value}\n"),
        }).collect();
        prop_assert_eq!(text, expected);
    }

    #[test]
    fn bytes(bytes in vec(vec(any::<u8>(), 0..8), 0..8)) {
        let feed = Feed { bytes: bytes.clone(), ..Feed::default() };
        prop_assert_eq!(received(feed, "bytes", "application/octet-stream", &[]).concat(), bytes.concat());
    }

    #[test]
    fn hazaar(packets in packets(), result in value(), borders in borders()) {
        let feed = Feed { packets: packets.clone(), result: Mutex::new(result.clone()), ..Feed::default() };
        let accept = "application/octet-stream;charset=ISO-8859-1";
        let mut frames = Frames::default();
        for piece in received(feed, "packets", accept, &borders) {
            frames.push(&piece);
        }
        let expected: Vec<Value> = packets.iter().map(|(packet, _)| in_frames(&packet.as_json())).collect();
        prop_assert_eq!(frames.end(), (expected, in_frames(&result)));
    }
}
