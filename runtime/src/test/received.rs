//! What a test reads: packets and failures.

use std::{borrow::Cow, fmt};

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A packet as it came, for tests that look at more than its value.
#[derive(Clone, Debug)]
pub struct Received {
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    pub(super) data: Data,
}

/// The content of a packet.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// JSON, or, in server-sent events, the text of a `Packet::raw`.
    Json(String),
    Raw(Vec<u8>),
    Row(csv::StringRecord),
}

impl Received {
    pub(super) fn of(data: Data) -> Self {
        Self { name: None, id: None, data }
    }

    pub(super) fn json(json: &[u8]) -> Self {
        Self::of(Data::Json(String::from_utf8_lossy(json).into_owned()))
    }

    /// The name of the event, if the packet has one. Only `sse` carries it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The id of the event, or the last one before it. Only `sse` carries it.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The content as it stands on the wire.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.data {
            Data::Json(text) => text.into(),
            Data::Raw(bytes) => String::from_utf8_lossy(bytes),
            Data::Row(record) => record.iter().collect::<Vec<_>>().join(",").into(),
        }
    }

    /// The value of the packet: from JSON, or else from its text as a string.
    ///
    /// # Errors
    /// If the packet is no `T`.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T, String> {
        let as_text = |text: &str| serde_json::from_value(Value::from(text));
        match &self.data {
            Data::Json(json) => {
                serde_json::from_str(json).or_else(|error| as_text(json).map_err(|_| error)).map_err(|e| e.to_string())
            }
            Data::Raw(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => as_text(text).or_else(|_| serde_json::from_str(text)).map_err(|error| error.to_string()),
                Err(_) => {
                    let bytes = bytes.iter().copied().map(Value::from).collect();
                    serde_json::from_value(Value::Array(bytes)).map_err(|error| error.to_string())
                }
            },
            Data::Row(record) => record.deserialize(None).map_err(|error| error.to_string()),
        }
    }
}

/// A failure: the status, and the problem document (RFC 9457) or the body that came with it.
#[derive(Clone, Debug)]
pub struct Failed {
    status: StatusCode,
    problem: Value,
}

impl Failed {
    /// A failure in a body of JSON.
    pub(super) fn new(status: StatusCode, json: &str) -> Self {
        Self { status, problem: serde_json::from_str(json).unwrap_or_else(|_| json.into()) }
    }

    /// A failure in a body of text.
    pub(super) fn of_text(status: StatusCode, text: &str) -> Self {
        Self { status, problem: serde_json::json!({ "status": status.as_u16(), "detail": text }) }
    }

    /// A problem document within a stream, which says the status itself.
    pub(super) fn of_json(json: &str) -> Self {
        let failed = Self::new(StatusCode::INTERNAL_SERVER_ERROR, json);
        let status = failed.problem["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(failed.status);
        Self { status, ..failed }
    }

    /// The failure object of the format `hazaar`.
    pub(super) fn of_hazaar(json: &str) -> Self {
        let error = serde_json::from_str::<Value>(json).map(|mut object| object["error"].take()).unwrap_or_default();
        let problem = serde_json::json!({ "title": error["type"], "status": error["status"], "detail": error["str"] });
        Self::of_json(&problem.to_string())
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The explanation for the client, or an empty text.
    pub fn detail(&self) -> &str {
        let protocols = || self.problem["error"]["message"].as_str();
        self.problem["detail"].as_str().or_else(protocols).unwrap_or_default()
    }

    /// The whole problem document. In a protocol of AI front ends its member `error` is the protocol's error.
    pub fn problem(&self) -> &Value {
        &self.problem
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.problem)
    }
}
