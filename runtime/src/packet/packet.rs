//! `Packet`: text as it stands, bytes, and the fields of an event, which a plain [`Serialize`] value can't express.

use std::{ops::Deref, time::Duration};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{json::to_json, tag::tag};

/// One thing sent by `self.stream(..)`, made by hand.
///
/// Most packets need none of this: `self.stream(value)` takes any [`Serialize`] value. A `Packet` is for things that a
/// value can't express: text that is not JSON, bytes, and the `event`, `id` and `retry` fields of server-sent events
/// (WHATWG HTML, section 9.2). Formats without such fields leave them out.
///
/// A clone shares the payload, so one packet may go to many clients: it is serialized once.
///
/// ```
/// use outflow::Packet;
///
/// let packet = Packet::json(&[1, 2, 3]).event("numbers");
/// assert_eq!(packet.json::<Vec<u8>>().unwrap(), [1, 2, 3]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a packet is sent by `self.stream(packet)`"]
pub struct Packet {
    pub(crate) payload: Payload,
    pub(crate) fields: Fields,
}

impl Packet {
    /// A packet of `value` as JSON, the same as `self.stream(value)` sends.
    ///
    /// A value that cannot be serialised fails the action where the packet is sent, as the value itself would.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Self {
        let mut json = Vec::new();
        Payload(match to_json(value, &mut json) {
            Ok(()) => PayloadKind::Json(json.into()),
            Err(error) => PayloadKind::Broken(error.to_string()),
        })
        .into()
    }

    /// A packet of text that is sent as it stands, not as a JSON string. In an event stream every line of it
    /// becomes a `data:` line; this is what htmx and Datastar read.
    pub fn raw(text: impl Into<String>) -> Self {
        Payload(PayloadKind::Raw(text.into().into())).into()
    }

    /// A packet of bytes, for the formats that carry them.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Payload(PayloadKind::Bytes(bytes.into())).into()
    }

    /// Names the event. Carriage returns, line feeds and NULs are refused where the packet is sent, and so are
    /// the names `done` and `error`, which end a stream, `gap`, and the action's
    /// [`end_event`](macro@crate::action#formats).
    pub fn event(mut self, name: impl Into<String>) -> Self {
        self.fields.event = Some(name.into());
        self
    }

    /// Gives the event an id, which an `EventSource` sends back as `Last-Event-ID` when it reconnects. Carriage
    /// returns, line feeds and NULs are refused where the packet is sent, and so is the id `outflow-end`.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.fields.id = Some(id.into());
        self
    }

    /// Tells an `EventSource` how long to wait before it reconnects. It is sent in whole milliseconds, rounded up, and at
    /// most as 2³¹ − 1 (some 24 days), because the timers of browsers go no further.
    pub fn retry(mut self, delay: Duration) -> Self {
        self.fields.retry = Some(delay);
        self
    }
}

impl Packet {
    /// A packet of `value` as an event that is named after the variant of its enum.
    pub(crate) fn named_json<T: Serialize + ?Sized>(value: &T) -> Self {
        match tag(value) {
            Ok(name) => Self::json(value).event(name),
            Err(none) => Self::broken(none.to_string()),
        }
    }

    /// A packet that fails the action where it is sent, for this reason.
    pub(crate) fn broken(why: String) -> Self {
        Payload(PayloadKind::Broken(why)).into()
    }

    /// A packet of JSON that is written already.
    pub(crate) fn of_json(json: Bytes, fields: Fields) -> Self {
        Self { payload: Payload(PayloadKind::Json(json)), fields }
    }

    /// A packet of raw text with its fields.
    pub(crate) fn of_raw(text: String, fields: Fields) -> Self {
        Self { payload: Payload(PayloadKind::Raw(text.into())), fields }
    }

    /// The fields of the event that were set.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }
}

impl From<Payload> for Packet {
    fn from(payload: Payload) -> Self {
        Self { payload, fields: Fields::default() }
    }
}

/// A packet is read through its payload: `packet.json::<T>()`, `packet.as_bytes()`.
impl Deref for Packet {
    type Target = Payload;

    fn deref(&self) -> &Payload {
        &self.payload
    }
}

/// The payload of a [`Packet`], for code that reads it: a test, or Rust code that calls an action.
#[derive(Clone, Debug)]
pub struct Payload(pub(crate) PayloadKind);

#[derive(Clone, Debug)]
pub(crate) enum PayloadKind {
    Json(Bytes),
    /// Text, in UTF-8. `Bytes`, because a clone shares them.
    Raw(Bytes),
    Bytes(Bytes),
    /// A packet that can't be sent, and why: `Packet::json` of a value that could not be serialised, say.
    Broken(String),
}

impl Payload {
    /// Reads the payload as a `T` from its JSON.
    ///
    /// # Errors
    /// If the payload is not JSON, or not the JSON of a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(self.as_bytes())
    }

    /// Reads the payload as a `T`: text that is not JSON as a string, and bytes as a list of numbers.
    pub(crate) fn value<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        let read = match &self.0 {
            PayloadKind::Raw(text) => Value::from(String::from_utf8_lossy(text)),
            PayloadKind::Bytes(bytes) => Value::from(&bytes[..]),
            PayloadKind::Json(_) | PayloadKind::Broken(_) => return self.json(),
        };
        serde_json::from_value(read).or_else(|error| self.json().map_err(|_| error))
    }

    /// The payload as it was written: JSON, raw text or bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            PayloadKind::Json(bytes) | PayloadKind::Raw(bytes) | PayloadKind::Bytes(bytes) => bytes,
            PayloadKind::Broken(_) => b"",
        }
    }
}

/// The fields of an event besides its data (WHATWG HTML, section 9.2.6).
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// The event's name.
    pub event: Option<String>,
    /// The event's id.
    pub id: Option<String>,
    /// How long to wait before reconnecting.
    pub retry: Option<Duration>,
}
