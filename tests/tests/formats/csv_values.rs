//! Every kind of value that serde can write as `csv`: the same bytes, or the same refusal, in a live response, in a run
//! and as a `Packet::json`.

use std::{collections::BTreeMap, fmt::Display, marker::PhantomData};

use axum::{Router, http::Request};
use outflow::{Controller as _, Packet, action, controller};
use serde::{Serialize, Serializer};
use serde_json::{json, value::RawValue};

use crate::support::{empty, open, read, runs::post, wire::End};

/// The lines that arrive in each of the ways. The stream is refused after them where `is_refused`.
#[derive(Debug, PartialEq)]
struct Table {
    lines: String,
    is_refused: bool,
}

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

/// A value by its kind.
struct Kind<'a>(&'a str);

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Newtype(u8);

#[derive(Serialize)]
struct Pair(u8, &'static str);

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct One<T> {
    text: T,
}

#[derive(Serialize)]
struct Wide {
    big: u128,
    real: f64,
    no: Option<u8>,
    text: &'static str,
}

#[derive(Serialize)]
struct Quoted {
    #[serde(rename = "a \"b\", c")]
    n: u8,
}

#[derive(Serialize)]
struct Escaped {
    #[serde(rename = "line\nbreak")]
    n: u8,
}

#[derive(Serialize)]
struct Inner {
    y: u8,
    z: u8,
}

#[derive(Serialize)]
struct Flat<T> {
    x: u8,
    #[serde(flatten)]
    inner: T,
}

#[derive(Serialize)]
struct Skips {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<u8>,
}

#[derive(Serialize)]
struct BThenA {
    b: u8,
    a: u8,
}

/// Two members of one name, the second within the flattened map.
#[derive(Serialize)]
struct TwiceA {
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<&'static str, u8>,
}

#[derive(Serialize)]
enum External {
    Unit,
    #[serde(rename = "is, renamed")]
    Renamed,
    Newtype(u8),
    Other(u8),
    Tuple(u8, u8),
    Struct {
        n: u8,
    },
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Internal {
    Struct { n: u8 },
}

#[derive(Serialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(u8),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Untagged {
    Struct { n: u8 },
}

struct Bytes;

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&[0, 255])
    }
}

/// Written by `collect_str`.
struct Displayed<T>(&'static str, PhantomData<T>);

impl<T: Display> Serialize for Displayed<T>
where
    T: std::str::FromStr<Err: std::fmt::Debug>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.parse::<T>().unwrap())
    }
}

/// A list without a length, which fails at its end if it is told to.
struct Counting {
    fails: bool,
}

impl Serialize for Counting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error as _, SerializeSeq as _};
        let mut list = serializer.serialize_seq(None)?;
        for n in 0..3 {
            list.serialize_element(&n)?;
        }
        if self.fails { Err(S::Error::custom("halfway")) } else { list.end() }
    }
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

const ADDRESS: Displayed<std::net::Ipv4Addr> = Displayed("192.168.0.1", PhantomData);

impl Serialize for Kind<'_> {
    #[rustfmt::skip]
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            "bool" => true.serialize(s),
            "char" => 'ž'.serialize(s),
            "quoted-char" => '"'.serialize(s),
            "i8" => i8::MIN.serialize(s),
            "u64" => u64::MAX.serialize(s),
            "u128" => u128::MAX.serialize(s),
            "i128" => i128::MIN.serialize(s),
            "f32" => 0.1_f32.serialize(s),
            "f64" => 0.1_f64.serialize(s),
            "long-f64" => (0.1 + 0.2).serialize(s),
            "whole-f64" => 1.0.serialize(s),
            "large-f64" => 1e300.serialize(s),
            "negative-zero" => (-0.0).serialize(s),
            "nan" => f64::NAN.serialize(s),
            "infinity" => f32::INFINITY.serialize(s),
            "string" => "a, \"b\"\r\nc".serialize(s),
            "escaped-string" => "\t\\\u{1}\u{7f}ž".serialize(s),
            "none" => None::<u8>.serialize(s),
            "some" => Some(1).serialize(s),
            "unit" => ().serialize(s),
            "unit-struct" => Unit.serialize(s),
            "unit-variant" => External::Unit.serialize(s),
            "renamed-variant" => External::Renamed.serialize(s),
            "newtype-struct" => Newtype(1).serialize(s),
            "newtype-variant" => External::Newtype(1).serialize(s),
            "other-variant" => External::Other(1).serialize(s),
            "tuple-variant" => External::Tuple(1, 2).serialize(s),
            "struct-variant" => External::Struct { n: 1 }.serialize(s),
            "internally-tagged" => Internal::Struct { n: 1 }.serialize(s),
            "adjacently-tagged" => Adjacent::Number(1).serialize(s),
            "untagged" => Untagged::Struct { n: 1 }.serialize(s),
            "tuple" => (1, "a", None::<u8>).serialize(s),
            "tuple-of-two" => (8, 9).serialize(s),
            "tuple-struct" => Pair(1, "a").serialize(s),
            "array" => [1, 2].serialize(s),
            "list" => vec![1, 2].serialize(s),
            "endless-list" => Counting { fails: false }.serialize(s),
            "bytes" => Bytes.serialize(s),
            "struct" => Wide { big: u128::MAX, real: f64::NAN, no: None, text: "a,b" }.serialize(s),
            "empty-string-in-a-struct" => One { text: "" }.serialize(s),
            "quoted-names" => Quoted { n: 1 }.serialize(s),
            "escaped-names" => Escaped { n: 1 }.serialize(s),
            "map" => BTreeMap::from([("a", 1), ("b", 2)]).serialize(s),
            "map-in-another-order" => BThenA { b: 4, a: 3 }.serialize(s),
            "map-of-others" => BTreeMap::from([("a", 1), ("c", 2)]).serialize(s),
            "shorter-map" => BTreeMap::from([("b", 5)]).serialize(s),
            "longer-map" => BTreeMap::from([("a", 1), ("b", 2), ("c", 3)]).serialize(s),
            "map-of-numbers" => BTreeMap::from([(1, "a"), (2, "b")]).serialize(s),
            "flatten" => Flat { x: 1, inner: Inner { y: 2, z: 3 } }.serialize(s),
            "flatten-map" => Flat { x: 1, inner: BTreeMap::from([("a", 1), ("b", 2)]) }.serialize(s),
            "object" => json!({ "n": 1.5, "no": null, "text": "a" }).serialize(s),
            "json-number" => json!(1.5).serialize(s),
            "json-list" => json!([1, "a"]).serialize(s),
            "raw-number" => raw("123456789012345678901234567890.10").serialize(s),
            "raw-object" => raw("{ \"\\u0061\" : 1E5 ,\n \"b\":\t\"\\\"\\n\" }").serialize(s),
            "raw-list" => raw("\n[ 1 , 2 ]").serialize(s),
            "displayed" => ADDRESS.serialize(s),
            "displayed-in-a-struct" => BTreeMap::from([("address", ADDRESS)]).serialize(s),
            "list-in-a-struct" => One { text: [1] }.serialize(s),
            "struct-in-a-struct" => One { text: One { text: 1 } }.serialize(s),
            "map-in-a-struct" => One { text: BTreeMap::from([("a", 1)]) }.serialize(s),
            "newtype-variant-in-a-struct" => One { text: External::Newtype(1) }.serialize(s),
            "bytes-in-a-struct" => One { text: Bytes }.serialize(s),
            "list-in-a-list" => [[1, 2]].serialize(s),
            "struct-in-a-tuple" => (1, One { text: 1 }).serialize(s),
            "empty-list" => [0_u8; 0].serialize(s),
            "empty-struct" => Empty {}.serialize(s),
            "empty-map" => BTreeMap::<&str, u8>::new().serialize(s),
            "skips-none" => Skips { a: Some(1), b: Some(2) }.serialize(s),
            "skips-first" => Skips { a: None, b: Some(2) }.serialize(s),
            "skips-last" => Skips { a: Some(1), b: None }.serialize(s),
            "struct-a-b" => Skips { a: Some(1), b: Some(2) }.serialize(s),
            "struct-b-a" => BThenA { b: 4, a: 3 }.serialize(s),
            "twice-a" => TwiceA { a: 1, rest: BTreeMap::from([("a", 2)]) }.serialize(s),
            "failing" => Err(serde::ser::Error::custom("fails")),
            "failing-halfway" => Counting { fails: true }.serialize(s),
            kind => unreachable!("no such kind: {kind}"),
        }
    }
}

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

/// Asserts that a stream is the same in all ways.
async fn assert_table(kinds: &str, lines: &[&str], is_refused: bool) {
    let expected = Table { lines: lines.iter().map(|line| format!("{line}\r\n")).collect(), is_refused };
    let app: Router = Rows.into_router();
    for way in ["live", "run", "live-packet", "run-packet"] {
        let path = format!("/rows/{way}/{kinds}");
        let request: Request<_> = empty(post(&path).header("accept", "text/csv"));
        let response = open(&app, request).await;
        let status = response.status().as_u16();
        let (body, end) = read(response.into_body()).await;
        let table = match (status, end) {
            (200, End::Clean) => Table { lines: body, is_refused: false },
            (200, End::Cut) => Table { lines: body, is_refused: true },
            (500, End::Clean) => Table { lines: String::new(), is_refused: true },
            _ => panic!("{kinds} {way}: {status} {end:?} {body}"),
        };
        assert_eq!(table, expected, "{kinds}, {way}");
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
