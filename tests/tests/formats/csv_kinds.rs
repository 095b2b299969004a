//! Every kind of value that serde can write, by name. Nothing here is a test.

use std::{collections::BTreeMap, fmt::Display, marker::PhantomData};

use serde::{Serialize, Serializer};
use serde_json::{json, value::RawValue};

/// A value by its kind.
pub struct Kind<'a>(pub &'a str);

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
