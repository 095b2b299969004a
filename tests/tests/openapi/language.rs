//! Controllers of every kind describe themselves, and what no type describes is a gap with its place.

use std::{borrow::Cow, marker::PhantomData, panic::catch_unwind};

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
    response::IntoResponse,
};
use outflow::{
    action, controller,
    format::{NDJSON, Representation},
    openapi::of,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Opaque;

struct Session;

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Ok(Self)
    }
}

struct Gaps;

const FIRST_LINE: u32 = line!();

#[controller]
impl Gaps {
    #[action]
    async fn untyped(&self) {
        self.stream(1);
    }

    #[action(item = Opaque)]
    async fn opaque(&self, _session: Session) -> Opaque {
        self.stream(Opaque);
        Opaque
    }

    #[action]
    async fn plain(&self) -> impl IntoResponse {
        "a"
    }
}

#[test]
fn gaps_have_their_places() {
    let document = Gaps.openapi();
    let gaps = document.gaps().iter().map(|gap| (&*gap.action, gap.line - FIRST_LINE));
    let expected =
        [("Gaps::untyped", 5), ("Gaps::opaque", 10), ("Gaps::opaque", 9), ("Gaps::opaque", 10), ("Gaps::plain", 16)];
    assert_eq!(gaps.collect::<Vec<_>>(), expected);
    let first = document.gaps()[0].to_string();
    assert!(first.contains("language.rs:") && first.contains("`Gaps::untyped`: its packets have no type"), "{first}");
}

type Fallible<T> = anyhow::Result<T>;

struct Store<T>(PhantomData<T>);

/// A store.
#[controller("/store", state = String)]
impl<T: Send + Sync + JsonSchema + Serialize + Default + 'static> Store<T> {
    #[action(item = T)]
    async fn all(&self, _state: State<String>) -> Fallible<T> {
        self.stream(T::default());
        Ok(T::default())
    }

    #[cfg(any())]
    #[action(item = Missing)]
    async fn missing(&self) {
        self.stream(Missing);
    }

    #[action]
    #[deprecated]
    async fn name(&self) -> Cow<'static, str> {
        "store".into()
    }
}

#[test]
fn a_generic_controller_with_a_state() {
    let document = Store::<u8>(PhantomData).openapi();
    assert_eq!(document.gaps(), []);
    let all = &document["paths"]["/store/all"]["get"]["x-outflow"];
    assert_eq!((&all["packet"]["type"], &all["result"]["maximum"]), (&"integer".into(), &255.into()));
    assert!(document["paths"].get("/store/missing").is_none());
}

struct Own;

#[controller]
impl Own {
    #[action(item = u8)]
    async fn openapi(&self) {
        self.stream(1_u8);
    }
}

#[test]
fn a_method_of_the_name_stays() {
    assert!(of([&Own])["paths"]["/own/openapi"].is_object());
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
struct Two {
    #[serde(skip_deserializing)]
    sent: u8,
    both: u8,
}

mod other {
    use super::*;

    #[derive(Serialize, JsonSchema)]
    pub(super) struct Two {
        pub(super) text: String,
    }

    #[derive(Serialize, JsonSchema)]
    pub(super) struct Problem {
        pub(super) left: u8,
    }
}

struct Names;

#[controller]
impl Names {
    #[action(post, item = other::Two)]
    async fn one(&self, two: axum::Json<Two>) -> other::Problem {
        self.stream(other::Two { text: two.both.to_string() });
        other::Problem { left: 1 }
    }

    #[action(item = Two)]
    async fn two(&self) {
        self.stream(Two::default());
    }
}

#[test]
fn schemas_of_one_name_have_names_of_their_own() {
    let document = Names.openapi();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let names: Vec<_> = schemas.keys().map(String::as_str).collect();
    assert_eq!(names, ["OutflowEvent", "Problem", "Problem2", "Two", "Two2", "TwoInput"]);
    let one = &document["paths"]["/names/one"]["post"];
    assert_eq!(one["x-outflow"]["packet"]["$ref"], "#/components/schemas/Two");
    assert_eq!(one["x-outflow"]["result"]["$ref"], "#/components/schemas/Problem2");
    let body = &one["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["$ref"], "#/components/schemas/TwoInput");
}

#[derive(Serialize)]
struct Panics;

impl JsonSchema for Panics {
    fn schema_name() -> Cow<'static, str> {
        "Panics".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        panic!("no idea")
    }
}

struct Broken;

#[controller]
impl Broken {
    #[action(item = Panics)]
    async fn all(&self) {
        self.stream(Panics);
    }
}

#[test]
fn a_panic_names_its_type() {
    let payload = catch_unwind(|| Broken.openapi()).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    assert!(message.contains("the `JsonSchema` of `Panics` panicked: no idea"), "{message}");
}

const OWN: Representation = Representation { name: "own", ..NDJSON };

struct Owned;

#[controller]
impl Owned {
    #[action(post, item = u8, resumable, formats(self::OWN))]
    async fn all(&self) {
        self.stream(1_u8);
    }
}

/// The paths of its runs have the same content, and no gap of their own.
#[test]
fn a_format_without_a_schema_is_one_gap_of_a_resumable_action() {
    let document = Owned.openapi();
    let gaps: Vec<_> = document.gaps().iter().map(|gap| &*gap.what).collect();
    assert_eq!(gaps, ["the format `own` has no schema: add one to the document with `merge`"]);
}
