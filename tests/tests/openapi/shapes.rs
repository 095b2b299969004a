//! Packets of every shape that serde can give a type.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    time::Duration,
};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::packets::Packets;

#[derive(Clone, Serialize, JsonSchema)]
struct Plain {
    text: String,
    count: u32,
    ratio: f64,
    on: bool,
    letter: char,
    some: NonZeroU32,
}

#[derive(Serialize, JsonSchema)]
struct Options {
    always: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sometimes: Option<String>,
    #[serde(skip)]
    _never: u8,
    within: Vec<Option<bool>>,
}

#[derive(Serialize, JsonSchema)]
struct Large {
    /// In bytes.
    size: u64,
    offset: i64,
    id: u128,
    list: Vec<u64>,
}

#[derive(Serialize, JsonSchema)]
enum External {
    Unit,
    Newtype(u32),
    Tuple(u8, String),
    Struct { a: bool },
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Internal {
    NothingMore,
    Newtype(Plain),
    Struct { a: bool, b: Option<u8> },
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(Vec<u8>),
    Struct { a: bool },
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Text(String),
    Number(i32),
    Nothing,
    Struct { a: bool },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// The first.
    FirstOne,
    SecondOne,
    #[serde(rename = "it's")]
    Renamed,
}

#[derive(Serialize, JsonSchema)]
enum Undocumented {
    A,
    B,
}

#[derive(Serialize, JsonSchema)]
struct Tree {
    name: String,
    children: Vec<Tree>,
    parent: Option<Box<Tree>>,
}

/// Itself in a box is nothing more.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Boxed {
    Text(String),
    Again(Box<Boxed>),
    Other(Box<OtherBoxed>),
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum OtherBoxed {
    Number(u8),
    Back(Box<Boxed>),
}

#[derive(Serialize, JsonSchema)]
struct Maps {
    by_text: BTreeMap<String, u32>,
    by_number: BTreeMap<u32, String>,
    by_kind: BTreeMap<Kind, bool>,
    set: BTreeSet<String>,
}

#[derive(Serialize, JsonSchema)]
struct Tuples {
    pair: (u8, String),
    points: Vec<[f32; 2]>,
    long: [u8; 20],
    nested: (Option<bool>, (), Vec<(u8, u8)>),
}

#[derive(Serialize, JsonSchema)]
struct Newtype(Vec<String>);

#[derive(Serialize, JsonSchema)]
struct TupleStruct(u8, Kind);

#[derive(Serialize, JsonSchema)]
struct Unit;

#[derive(Serialize, JsonSchema)]
struct Empty {}

#[derive(Serialize, JsonSchema)]
struct Flat {
    id: u32,
    #[serde(flatten)]
    plain: Plain,
    #[serde(flatten)]
    kind: Internal,
}

#[derive(Serialize, JsonSchema)]
struct FlatMap {
    id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, bool>,
}

#[derive(Serialize, JsonSchema)]
struct FlatExternal {
    #[serde(flatten)]
    one: External2,
    id: u32,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum External2 {
    ByName(String),
    ByNumber { number: u32 },
}

#[derive(Serialize, JsonSchema)]
struct Names {
    #[serde(rename = "content-type")]
    content_type: String,
    class: String,
    #[serde(rename = "1st")]
    first: u8,
    #[serde(rename = "it's \\ \n")]
    odd: u8,
    #[serde(rename = "")]
    empty: u8,
}

#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Strict {
    a: u8,
}

#[derive(Serialize, JsonSchema)]
struct Open {
    any: Value,
    object: Map<String, Value>,
    list: Vec<Value>,
}

/// A comment with `*/` in it,
/// of two lines.
///
/// And a paragraph.
#[derive(Serialize, JsonSchema)]
struct Documented {
    /// When it happened.
    #[schemars(extend("format" = "date-time"))]
    at: String,
    #[deprecated]
    old: u8,
    took: Duration,
    outcome: Result<u8, String>,
}

#[derive(Serialize, JsonSchema)]
struct Page<T> {
    items: Vec<T>,
    next: Option<u32>,
}

// Names that TypeScript has for itself.
#[derive(Serialize, JsonSchema)]
#[serde(rename = "string")]
struct Reserved {
    default: bool,
}

fn plain() -> Plain {
    Plain { text: "a".into(), count: 1, ratio: 0.5, on: true, letter: 'x', some: NonZeroU32::MIN }
}

fn tree(children: Vec<Tree>) -> Tree {
    Tree { name: "t".into(), children, parent: None }
}

/// Values of every type, and values that are none of it.
pub(super) fn all() -> Packets {
    let mut all = Packets::default();
    all.of("Plain", &[plain()]).but_not([
        json!({ "text": "a" }),
        json!("a"),
        json!({ "text": 1, "count": 1, "ratio": 1, "on": true, "letter": "x", "some": 1 }),
    ]);
    all.of(
        "Options",
        &[
            Options { always: None, sometimes: None, _never: 0, within: vec![None, Some(true)] },
            Options { always: Some(1), sometimes: Some("a".into()), _never: 0, within: vec![] },
        ],
    )
    .but_not([
        json!({ "within": [] }),
        json!({ "always": 1, "within": [], "_never": 0 }),
        json!({ "always": 1, "within": [1] }),
    ]);
    all.of("Large", &[Large { size: u64::MAX, offset: i64::MIN, id: 1, list: vec![1] }])
        .but_not([json!({ "size": "1", "offset": 1, "id": 1, "list": [] })]);
    all.of(
        "External",
        &[External::Unit, External::Newtype(1), External::Tuple(1, "a".into()), External::Struct { a: true }],
    )
    .but_not([
        json!("Newtype"),
        json!({ "Newtype": "a" }),
        json!({ "Tuple": [1] }),
        json!({ "Struct": {} }),
        json!({ "Other": 1 }),
    ]);
    all.of("Internal", &[Internal::NothingMore, Internal::Newtype(plain()), Internal::Struct { a: true, b: None }])
        .but_not([
            json!({ "type": "other" }),
            json!({ "type": "struct" }),
            json!({ "type": "newtype", "text": "a" }),
            json!("nothing_more"),
        ]);
    all.of("Adjacent", &[Adjacent::Unit, Adjacent::Newtype(vec![1]), Adjacent::Struct { a: true }]).but_not([
        json!({ "t": "Newtype" }),
        json!({ "t": "Struct", "c": [1] }),
        json!({ "c": 1 }),
    ]);
    all.of(
        "Untagged",
        &[Untagged::Text("a".into()), Untagged::Number(1), Untagged::Nothing, Untagged::Struct { a: true }],
    )
    .but_not([json!(true), json!({}), json!([])]);
    all.of("Kind", &[Kind::FirstOne, Kind::SecondOne, Kind::Renamed]).but_not([json!("FirstOne"), json!(1)]);
    all.of("Undocumented", &[Undocumented::A, Undocumented::B]).but_not([json!("C")]);
    all.of("Tree", &[tree(vec![tree(vec![])]), Tree { parent: Some(Box::new(tree(vec![]))), ..tree(vec![]) }])
        .but_not([json!({ "name": "t", "children": [1], "parent": null }), json!({ "name": "t", "children": [] })]);
    all.of(
        "Boxed",
        &[
            Boxed::Text("a".into()),
            Boxed::Again(Box::new(Boxed::Text("b".into()))),
            Boxed::Other(Box::new(OtherBoxed::Number(1))),
            Boxed::Other(Box::new(OtherBoxed::Back(Box::new(Boxed::Text("c".into()))))),
        ],
    )
    .but_not([json!(true), json!(null)]);
    all.of(
        "Maps",
        &[Maps {
            by_text: [("a".to_owned(), 1)].into(),
            by_number: [(7, "b".to_owned())].into(),
            by_kind: [(Kind::FirstOne, true)].into(),
            set: ["a".to_owned()].into(),
        }],
    )
    .but_not([
        json!({ "by_text": { "a": "1" }, "by_number": {}, "by_kind": {}, "set": [] }),
        json!({ "by_text": {}, "by_number": { "7": 1 }, "by_kind": {}, "set": [] }),
        json!({ "by_text": {}, "by_number": {}, "by_kind": { "first-one": 1 }, "set": [] }),
        json!({ "by_text": {}, "by_number": {}, "by_kind": {}, "set": [1] }),
    ]);
    all.of(
        "Tuples",
        &[Tuples { pair: (1, "a".into()), points: vec![[1.0, 2.0]], long: [0; 20], nested: (None, (), vec![(1, 2)]) }],
    )
    .but_not([
        json!({ "pair": [1], "points": [], "long": [], "nested": [null, null, []] }),
        json!({ "pair": [1, "a", 2], "points": [], "long": [], "nested": [null, null, []] }),
        json!({ "pair": [1, "a"], "points": [[1]], "long": [], "nested": [null, null, []] }),
        json!({ "pair": [1, "a"], "points": [], "long": [], "nested": [null, 1, []] }),
    ]);
    all.of("Newtype", &[Newtype(vec!["a".into()])]).but_not([json!("a"), json!([1])]);
    all.of("TupleStruct", &[TupleStruct(1, Kind::Renamed)]).but_not([json!([1]), json!([1, "other"])]);
    all.of("Unit", &[Unit]).but_not([json!({}), json!(0)]);
    all.of("Empty", &[Empty {}]).but_not([json!(null), json!(1)]);
    all.of(
        "Flat",
        &[
            Flat { id: 1, plain: plain(), kind: Internal::NothingMore },
            Flat { id: 1, plain: plain(), kind: Internal::Struct { a: true, b: Some(1) } },
        ],
    )
    .but_not([json!({ "id": 1, "type": "nothing_more" })]);
    all.of("FlatMap", &[FlatMap { id: 1, note: None, others: [("a".to_owned(), true)].into() }]).but_not([
        json!({ "a": true }),
        json!({ "id": true }),
        json!({ "id": 1, "a": [1] }),
    ]);
    all.of(
        "FlatExternal",
        &[
            FlatExternal { one: External2::ByName("a".into()), id: 1 },
            FlatExternal { one: External2::ByNumber { number: 1 }, id: 1 },
        ],
    )
    .but_not([json!({ "id": 1 }), json!({ "id": 1, "byName": 1 })]);
    all.of("Names", &[Names { content_type: "a".into(), class: "b".into(), first: 1, odd: 2, empty: 3 }])
        .but_not([json!({ "content_type": "a", "class": "b" })]);
    all.of("Strict", &[Strict { a: 1 }]).but_not([json!({ "a": 1, "b": 1 })]);
    all.of(
        "Open",
        &[Open {
            any: json!([1, "a", null]),
            object: Map::from_iter([("a".to_owned(), json!(1))]),
            list: vec![json!({})],
        }],
    )
    .but_not([json!({ "any": 1, "object": 1, "list": [] })]);
    #[allow(deprecated)]
    let documented = Documented {
        at: "2026-01-01T00:00:00Z".into(),
        old: 1,
        took: Duration::from_millis(1500),
        outcome: Err("a".into()),
    };
    all.of("Documented", &[documented]).but_not([
        json!({ "at": 1, "old": 1, "took": { "secs": 1, "nanos": 1 }, "outcome": { "Ok": 1 } }),
        json!({ "at": "a", "old": 1, "took": 1, "outcome": { "Ok": 1 } }),
    ]);
    all.of("Page", &[Page { items: vec![plain()], next: None }]).but_not([json!({ "items": [1], "next": null })]);
    all.of("string", &[Reserved { default: true }]).but_not([json!("a")]);
    all.of("Bytes", &[vec![1_u8, 2]]).but_not([json!("a")]);
    all
}
