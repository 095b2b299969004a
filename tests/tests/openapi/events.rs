//! `event = tag`: the wire and the document agree on an event for each variant of an enum.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use futures_util::stream;
use outflow::{Controller, Packet, action, controller, openapi::Document, test::Client};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum External {
    StartedNow,
    #[serde(rename = "line")]
    Text(String),
    Pair(u8, u8),
    Row {
        id: u8,
    },
}

#[derive(Clone, Serialize, JsonSchema)]
struct Row {
    id: u8,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Internal {
    StartedNow,
    Newtype(Row),
    Row { text: String },
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Text(String),
    Row { id: u8 },
}

#[derive(Clone, Serialize, JsonSchema)]
enum Unit {
    Tick,
    Tock,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Text(String),
    Row { text: String },
}

#[expect(dead_code, reason = "a document names each variant, sent or not")]
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Ending {
    Row,
    Done,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
struct Plain {
    kind: Kind,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
enum Kind {
    First,
}

fn external() -> Vec<External> {
    vec![External::StartedNow, External::Text("a".into()), External::Pair(1, 2), External::Row { id: 3 }]
}

struct Events;

#[controller]
impl Events {
    #[action(item = External, event = tag)]
    async fn external(&self) {
        for packet in external() {
            self.stream(&packet);
        }
    }

    #[action(item = External, event = tag)]
    async fn all(&self) {
        self.stream_all(stream::iter(external()));
    }

    #[action(item = External, event = tag)]
    async fn tried(&self) -> Result<(), StatusCode> {
        self.helped().await?;
        Ok(())
    }

    async fn helped(&self) -> Result<(), StatusCode> {
        self.stream_all(stream::iter(external().into_iter().map(Ok)))
    }

    #[action(item = External, event = tag)]
    async fn emitted(&self) {
        let emitter = self.emitter();
        tokio::spawn(async move {
            let [started, text, pair, row] = external().try_into().ok().expect("four");
            emitter.send(started).await.expect("it listens");
            emitter.try_send(&text).expect("there is room");
            let emitter = emitter.clone();
            emitter.send(&pair).await.expect("it listens");
            emitter.send(row).await.expect("it listens");
        });
    }

    #[action(post, item = External, event = tag, resumable)]
    async fn kept(&self) {
        self.stream_all(stream::iter(external()));
    }

    #[action(item = Internal, event = tag)]
    async fn internal(&self) {
        self.stream(Internal::StartedNow);
        self.stream(Internal::Newtype(Row { id: 1 }));
        self.stream(Internal::Row { text: "line".into() });
    }

    #[action(item = Adjacent, event = tag)]
    async fn adjacent(&self) {
        self.stream(Adjacent::Unit);
        self.stream(Adjacent::Text("a".into()));
        self.stream(Adjacent::Row { id: 1 });
    }

    #[action(item = Unit, event = tag)]
    async fn unit(&self) {
        self.stream(Unit::Tick);
        self.stream(Unit::Tock);
    }

    #[action(item = Unit, event = tag)]
    async fn by_hand(&self) {
        self.stream(Packet::json(&Unit::Tick).event("own"));
    }
}

/// What can't be named.
struct Nameless;

#[controller]
impl Nameless {
    #[action(item = Untagged, event = tag)]
    async fn untagged(&self) {
        self.stream(Untagged::Row { text: "no name".into() });
    }

    #[action(item = Untagged, event = tag)]
    async fn text(&self) {
        self.stream(Untagged::Text("no name".into()));
    }

    #[action(item = Plain, event = tag)]
    async fn plain(&self) {
        self.stream(Plain { kind: Kind::First });
    }

    #[action(item = Option<Unit>, event = tag)]
    async fn nothing(&self) {
        self.stream(None);
    }

    #[action(item = Unit, event = tag)]
    async fn written(&self) {
        self.stream(Packet::json(&Unit::Tick));
    }

    #[action(item = Plain, event = tag)]
    async fn emitted(&self) {
        let emitter = self.emitter();
        assert!(emitter.send(Plain { kind: Kind::First }).await.is_err(), "it is refused");
    }

    #[action(item = Ending, event = tag)]
    async fn ending(&self) {
        self.stream(Ending::Done);
    }

    #[action(item = Unit, event = tag, formats(sse(end_event = "Tock")))]
    async fn own_ending(&self) {
        self.stream(Unit::Tock);
    }
}

/// The packets of a stream, each with its event's name.
async fn sent(answer: outflow::test::Answer) -> Vec<(String, Value)> {
    let mut answer = answer;
    let mut sent = Vec::new();
    let wire = answer.wire().await;
    for block in std::str::from_utf8(&wire).expect("UTF-8").split("\n\n") {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let (Some(event), Some(data)) = (field("event"), field("data")) else { continue };
        if event != "done" {
            sent.push((event.to_owned(), serde_json::from_str(data).expect("JSON")));
        }
    }
    sent
}

fn events(document: &Document, path: &str) -> BTreeMap<String, Value> {
    let operations = document["paths"][path].as_object().expect("a path");
    let operation = operations.values().next().expect("an operation");
    serde_json::from_value(operation["x-outflow"]["events"].clone()).expect("events")
}

/// Whether a packet is of the branch of a variant, as far as that tells the variants apart.
fn is_of(packet: &Value, schema: &Value) -> bool {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let is_constant = |(name, member): (&String, &Value)| match member.get("const") {
        Some(constant) => packet[name] == *constant,
        None => true,
    };
    match schema.get("const") {
        Some(constant) => packet == constant,
        None => {
            packet.is_object()
                && required.into_iter().all(|name| packet.get(name).is_some())
                && schema["properties"].as_object().into_iter().flatten().all(is_constant)
        }
    }
}

#[tokio::test]
async fn each_variant_is_an_event_of_the_document() {
    let (client, document) = (Client::new(Events), Events.openapi());
    assert!(document.gaps().is_empty(), "{:?}", document.gaps());
    let same = ["started_now", "line", "pair", "row"];
    for (path, names) in [
        ("/events/external", &same[..]),
        ("/events/all", &same),
        ("/events/tried", &same),
        ("/events/emitted", &same),
        ("/events/kept", &same),
        ("/events/internal", &["started-now", "newtype", "row"]),
        ("/events/adjacent", &["Unit", "Text", "Row"]),
        ("/events/unit", &["Tick", "Tock"]),
    ] {
        let request = if path == "/events/kept" { client.post(path) } else { client.get(path) };
        let sent = sent(request.accept("text/event-stream").start()).await;
        let sent_names: Vec<_> = sent.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(sent_names, names, "{path}");
        let events = events(&document, path);
        assert_eq!(events.len(), names.len(), "{path}: {events:?}");
        for (name, packet) in &sent {
            let of: Vec<_> = events.iter().filter(|(_, schema)| is_of(packet, schema)).map(|(name, _)| name).collect();
            assert_eq!(of, [name], "{path}: {packet}");
        }
    }
}

#[tokio::test]
async fn the_branches_of_an_event_stream_are_the_variants_and_the_ends() {
    let document = Events.openapi();
    let content = &document["paths"]["/events/unit"]["get"]["responses"]["200"]["content"];
    let branches = content["text/event-stream"]["itemSchema"]["oneOf"].as_array().expect("branches");
    let names: Vec<_> = branches.iter().map(|branch| &branch["properties"]["event"]["const"]).collect();
    assert_eq!(names, ["Tick", "Tock", "done", "error"]);
    assert_eq!(branches[0]["properties"]["data"]["contentSchema"], json!({ "type": "string", "const": "Tick" }));
    assert_eq!(content["application/x-ndjson"]["itemSchema"], json!({ "$ref": "#/components/schemas/Unit" }));
}

#[tokio::test]
async fn other_formats_send_the_packets_as_they_are() {
    let client = Client::new(Events);
    let ndjson = client.get("/events/unit").accept("application/x-ndjson").start().wire().await;
    let lines: Vec<_> = std::str::from_utf8(&ndjson).expect("UTF-8").lines().take(2).collect();
    assert_eq!(lines, [r#""Tick""#, r#""Tock""#]);
    for media_type in ["application/json", "application/octet-stream; charset=ISO-8859-1"] {
        let mut answer = client.get("/events/unit").accept(media_type).start();
        assert_eq!(answer.packets::<String, 2>().await, ["Tick", "Tock"], "{media_type}");
        answer.done::<()>().await;
    }
}

#[tokio::test]
async fn a_name_by_hand_wins() {
    let answer = Client::new(Events).get("/events/by-hand").accept("text/event-stream").start();
    assert_eq!(sent(answer).await, [("own".to_owned(), json!("Tick"))]);
}

#[tokio::test]
async fn a_packet_without_a_variant_fails_the_action() {
    let client = Client::new(Nameless);
    for path in ["untagged", "text", "plain", "nothing", "written", "emitted"] {
        let failed = client.get(&format!("/nameless/{path}")).start().failed().await;
        assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    let failure = Nameless.untagged().collect::<Value>().await.err();
    let why = format!("{failure:?}");
    assert!(why.contains("an enum that is not `untagged`"), "{why}");
}

#[tokio::test]
async fn a_variant_with_the_name_of_an_end_is_refused() {
    let client = Client::new(Nameless);
    for path in ["ending", "own-ending"] {
        let failed = client.get(&format!("/nameless/{path}")).accept("text/event-stream").start().failed().await;
        assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}

#[test]
fn what_can_not_be_described_is_a_gap() {
    let document = Nameless.openapi();
    let gap = |action: &str| {
        let gap = document.gaps().iter().find(|gap| gap.action == format!("Nameless::{action}"));
        gap.map(|gap| gap.what.clone()).unwrap_or_default()
    };
    for action in ["untagged", "text", "plain", "nothing"] {
        assert!(gap(action).starts_with("`event = tag` can't be described"), "{action}: {}", gap(action));
    }
    assert!(gap("ending").contains("the variant `done`"), "{}", gap("ending"));
    assert!(gap("own_ending").contains("the variant `Tock`"), "{}", gap("own_ending"));
    assert_eq!(gap("written"), "");
    let _: axum::Router = Nameless.into_router();
}
