//! The vectors that the client's tests read, and those of the formats that the client has no decoder for. The ones marked
//! `server` are exactly the bytes that the server writes.
//!
//! Each has the packets and the outcome that its bytes stand for. A replay streams the packets, ends with the outcome,
//! and must write the bytes.

use std::{fs, path::Path, sync::Mutex, time::Duration};

use axum::{
    Json,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use outflow::{Drain, Packet, action, controller, test::Client};
use serde::{Deserialize, Serialize, Serializer, de::IgnoredAny, ser::SerializeStruct as _};
use serde_json::{Map, Value, value::RawValue};

#[derive(Deserialize)]
struct File {
    format: String,
    vectors: Vec<Box<RawValue>>,
}

/// Vectors without the mark hold things that only a decoder meets, such as half a surrogate pair.
#[derive(Deserialize)]
struct Mark {
    #[serde(default)]
    server: bool,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    bytes: String,
    expect: Expect,
}

#[derive(Clone, Deserialize)]
struct Expect {
    packets: Vec<Expected>,
    outcome: Value,
}

#[derive(Clone, Deserialize)]
struct Expected {
    data: Value,
    event: Option<String>,
    id: Option<String>,
}

struct Replay {
    format: String,
    expect: Expect,
    /// The reconnection time goes with no packet in particular.
    retry: Mutex<Option<Duration>>,
    drain: Drain,
}

#[controller]
impl Replay {
    #[action]
    async fn nothing(&self) {
        self.packets().await;
    }

    #[action]
    async fn result(&self) -> Value {
        self.packets().await;
        self.expect.outcome["result"].clone()
    }

    #[action]
    async fn failure(&self) -> Result<(), Response> {
        self.packets().await;
        let outcome = &self.expect.outcome;
        match outcome["status"].as_u64().unwrap() {
            500 => panic!("a secret"),
            503 => {
                self.drain.start();
                std::future::pending().await
            }
            status => {
                let status = StatusCode::from_u16(status.try_into().unwrap()).unwrap();
                Err(match &outcome["detail"] {
                    Value::String(text) => (status, text.clone()).into_response(),
                    _ => (status, [(CONTENT_TYPE, "application/problem+json")], Json(&outcome["problem"]))
                        .into_response(),
                })
            }
        }
    }

    async fn packets(&self) {
        for Expected { data, event, id } in &self.expect.packets {
            let retry = self.retry.lock().unwrap().take();
            match (&*self.format, data) {
                ("csv", Value::Object(members)) => self.stream(Record(members)),
                ("bytes", Value::String(text)) => self.stream(Packet::bytes(text.clone())),
                ("sse", data) => {
                    let mut packet = Packet::json(data);
                    packet = event.iter().fold(packet, Packet::event);
                    packet = id.iter().fold(packet, Packet::id);
                    self.stream(retry.into_iter().fold(packet, Packet::retry));
                }
                (_, data) => self.stream(data),
            }
        }
    }
}

/// An object as a struct.
struct Record<'a>(&'a Map<String, Value>);

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Record", self.0.len())?;
        for (name, value) in self.0 {
            record.serialize_field(name.clone().leak(), value)?;
        }
        record.end()
    }
}

/// The media type of the format that a file names.
fn accept(format: &str) -> Option<&'static str> {
    Some(match format {
        "sse" => "text/event-stream",
        "ndjson" => "application/x-ndjson",
        "envelope" => "application/json",
        "frames" => "application/octet-stream;charset=ISO-8859-1",
        "csv" => "text/csv",
        "text" => "text/plain",
        "bytes" => "application/octet-stream",
        // JSON that is no stream.
        "json" => return None,
        _ => panic!("no format has the name {format}"),
    })
}

fn files(folder: &str) -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/client/test").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    files.map(|text| serde_json::from_str(&text).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Replays the vectors of a file, and returns their number.
async fn replay(file: File) -> usize {
    let ours = file.vectors.iter().filter(|vector| serde_json::from_str::<Mark>(vector.get()).unwrap().server);
    let vectors: Vec<Vector> = ours.map(|vector| serde_json::from_str(vector.get()).unwrap()).collect();
    let Some(accept) = accept(&file.format) else { return 0 };
    for Vector { name, bytes, expect, .. } in &vectors {
        let drain = Drain::new().grace(Duration::ZERO);
        let retry = name.contains("a reconnection time").then_some(Duration::from_millis(1500));
        let outcome = &expect.outcome;
        let path = match (outcome["state"] == "failed", outcome.get("result")) {
            (true, _) => "/replay/failure",
            (false, Some(_)) => "/replay/result",
            (false, None) => "/replay/nothing",
        };
        let (format, expect) = (file.format.clone(), expect.clone());
        let replay = Replay { format, expect, retry: Mutex::new(retry), drain: drain.clone() };
        let client = Client::with_drain(replay, drain);
        let mut answer = client.get(path).accept(accept).start();
        match path {
            "/replay/failure" => drop(answer.failed().await),
            _ => drop(answer.done::<IgnoredAny>().await),
        }
        let written = answer.wire().await;
        assert_eq!(hex(&written), *bytes, "{name:?} as {}: {}", file.format, written.escape_ascii());
    }
    vectors.len()
}

#[tokio::test(start_paused = true)]
async fn the_vectors_of_the_client_are_what_we_write() {
    let mut written = 0;
    for file in files("vectors") {
        written += replay(file).await;
    }
    assert!(written >= 30, "{written}");
}

#[tokio::test(start_paused = true)]
async fn so_are_those_of_the_formats_that_the_client_does_not_read() {
    for file in files("undecoded") {
        assert!(replay(file).await >= 3);
    }
}
