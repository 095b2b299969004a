//! What may be streamed: any [`Serialize`] value as it is, or a [`Packet`] where the text, the bytes or the
//! fields of the event matter.

use std::{fmt, io, ops::Deref, time::Duration};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::ser::{Formatter, Serializer};

#[cfg(feature = "csv")]
use crate::format::CsvSink;

/// One thing sent by `self.stream(..)`, made by hand.
///
/// Most packets need none of this: `self.stream(value)` takes any [`Serialize`] value. A `Packet` is for what a
/// value cannot say: text that is not JSON, bytes, and the `event`, `id` and `retry` fields of server-sent events
/// (WHATWG HTML, section 9.2). Formats without such fields leave them out.
///
/// ```
/// use outflow::Packet;
///
/// let packet = Packet::json(&[1, 2, 3]).event("numbers");
/// assert_eq!(packet.json::<Vec<u8>>().unwrap(), [1, 2, 3]);
/// ```
#[derive(Debug)]
#[must_use = "a packet is sent by `self.stream(packet)`"]
pub struct Packet {
    payload: Payload,
    fields: Fields,
}

impl Packet {
    /// A packet of `value` as JSON: what `self.stream(value)` sends.
    ///
    /// A value that cannot be serialised is noticed where the packet is sent: the action fails there, as it does
    /// with the value itself.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Self {
        let mut json = Vec::new();
        Payload(match to_json(value, &mut json) {
            Ok(()) => Kind::Json(json.into()),
            Err(error) => Kind::Broken(error.to_string()),
        })
        .into()
    }

    /// A packet of text that is sent as it stands, not as a JSON string. In an event stream every line of it
    /// becomes a `data:` line; this is what htmx and Datastar read.
    pub fn raw(text: impl Into<String>) -> Self {
        Payload(Kind::Raw(text.into())).into()
    }

    /// A packet of bytes, for the formats that carry them.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Payload(Kind::Bytes(bytes.into())).into()
    }

    /// Names the event. Carriage returns, line feeds and NULs are refused where the packet is sent, and so are
    /// the names `done` and `error`, which end a stream.
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

    /// Tells an `EventSource` how long to wait before it reconnects; sent in whole milliseconds.
    pub fn retry(mut self, delay: Duration) -> Self {
        self.fields.retry = Some(delay);
        self
    }
}

impl Packet {
    /// A packet of JSON that is written already.
    pub(crate) fn of_json(json: Bytes, fields: Fields) -> Self {
        Self { payload: Payload(Kind::Json(json)), fields }
    }

    /// A packet of raw text with its fields.
    pub(crate) fn of_raw(text: String, fields: Fields) -> Self {
        Self { payload: Payload(Kind::Raw(text)), fields }
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

/// What a [`Packet`] carries, for those who read it: a test, or Rust code that calls an action.
#[derive(Debug)]
pub struct Payload(Kind);

#[derive(Debug)]
enum Kind {
    Json(Bytes),
    Raw(String),
    Bytes(Bytes),
    /// `Packet::json` of a value that could not be serialised, and why.
    Broken(String),
}

impl Payload {
    /// Reads the payload as a `T` from its JSON.
    ///
    /// # Errors
    /// If the payload is not JSON or not that of a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(self.as_bytes())
    }

    /// The payload as it was written: JSON, raw text or bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Kind::Json(bytes) | Kind::Bytes(bytes) => bytes,
            Kind::Raw(text) => text.as_bytes(),
            Kind::Broken(_) => b"",
        }
    }
}

/// The fields of an event beside its data (WHATWG HTML, section 9.2.6).
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// The event's name.
    pub event: Option<String>,
    /// The event's id.
    pub id: Option<String>,
    /// How long to wait before reconnecting.
    pub retry: Option<Duration>,
}

/// What `self.stream(..)` takes: every [`Serialize`] value, owned or by reference, and [`Packet`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be streamed",
    label = "not a packet",
    note = "a packet is any value that implements `serde::Serialize`, or an `outflow::Packet`"
)]
pub trait Streamable {
    /// The packet as a format takes it.
    #[doc(hidden)]
    fn content(&self) -> Content<'_>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Streamable for T {
    fn content(&self) -> Content<'_> {
        Content(Source::Value(self))
    }
}

impl Streamable for Packet {
    fn content(&self) -> Content<'_> {
        Content(Source::Packet(self))
    }
}

/// A packet on its way into a format: [`write`](Content::write) appends its payload to the frame.
#[derive(Debug)]
pub struct Content<'a>(Source<'a>);

enum Source<'a> {
    Value(&'a dyn WriteValue),
    Packet(&'a Packet),
}

impl<'a> Content<'a> {
    pub(crate) fn of(packet: &'a Packet) -> Self {
        Self(Source::Packet(packet))
    }
}

impl Content<'_> {
    /// The event's fields, if the packet was made with any.
    pub fn fields(&self) -> Option<&Fields> {
        match self.0 {
            Source::Value(_) => None,
            Source::Packet(packet) => Some(&packet.fields),
        }
    }

    /// Whether it was made by [`Packet::bytes`].
    pub fn is_bytes(&self) -> bool {
        matches!(self.0, Source::Packet(Packet { payload: Payload(Kind::Bytes(_)), .. }))
    }

    /// The JSON of a packet that is written already.
    #[cfg(feature = "csv")]
    pub(crate) fn as_json(&self) -> Option<&[u8]> {
        match self.0 {
            Source::Packet(Packet { payload: Payload(Kind::Json(json)), .. }) => Some(json),
            _ => None,
        }
    }

    /// Appends the payload to `out` and says what was written.
    ///
    /// # Errors
    /// If the value's `Serialize` fails. `out` may then hold a part of it: the caller cuts it back.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<Written, Unwritable> {
        match self.0 {
            Source::Value(value) => value.write_json(out).map(|()| Written::Json),
            Source::Packet(packet) => {
                out.extend_from_slice(packet.as_bytes());
                match &packet.payload.0 {
                    Kind::Json(_) => Ok(Written::Json),
                    Kind::Raw(_) => Ok(Written::Raw),
                    Kind::Bytes(_) => Ok(Written::Bytes),
                    Kind::Broken(why) => Err(Unwritable::new(why)),
                }
            }
        }
    }

    /// Appends the payload as one JSON text (RFC 8259): raw text as a string.
    ///
    /// # Errors
    /// If the value's `Serialize` fails, and for bytes, which are not JSON.
    pub fn write_json(&self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match self.0 {
            Source::Value(value) => value.write_json(out),
            Source::Packet(Packet { payload: Payload(Kind::Raw(text)), .. }) => text.write_json(out),
            Source::Packet(_) if self.is_bytes() => {
                Err(Unwritable::new("this format carries JSON, and `Packet::bytes` is not JSON"))
            }
            Source::Packet(_) => self.write(out).map(|_| ()),
        }
    }

    /// Appends strings and raw text as they are, which is told as [`Written::Raw`], and any other value as JSON.
    ///
    /// # Errors
    /// If the value's `Serialize` fails, and for bytes, which are not text.
    pub fn write_text(&self, out: &mut Vec<u8>) -> Result<Written, Unwritable> {
        if self.is_bytes() {
            return Err(Unwritable::new("this format carries text, and `Packet::bytes` is not text"));
        }
        let start = out.len();
        let written = self.write(out)?;
        if written != Written::Json || out.get(start) != Some(&b'"') {
            return Ok(written);
        }
        let text: String = serde_json::from_slice(&out[start..])
            .map_err(|error| Unwritable::new(format!("a string of it can't be read: {error}")))?;
        out.truncate(start);
        out.extend_from_slice(text.as_bytes());
        Ok(Written::Raw)
    }

    /// Writes the payload as one CSV record.
    #[cfg(feature = "csv")]
    pub(crate) fn write_csv(&self, writer: &mut csv::Writer<CsvSink>) -> Result<(), Unwritable> {
        match self.0 {
            Source::Value(value) => value.write_csv(writer),
            Source::Packet(Packet { payload: Payload(kind), .. }) => match kind {
                Kind::Raw(text) => text.write_csv(writer),
                Kind::Json(json) => String::from_utf8_lossy(json).write_csv(writer),
                Kind::Bytes(_) => {
                    Err(Unwritable::new("the format `csv` carries text, and `Packet::bytes` is not text"))
                }
                Kind::Broken(why) => Err(Unwritable::new(why)),
            },
        }
    }

    /// The packet for a consumer in Rust, which outlives the call.
    pub(crate) fn to_packet(&self) -> Result<Packet, Unwritable> {
        let mut bytes = Vec::new();
        let kind = match self.write(&mut bytes)? {
            Written::Json => Kind::Json(bytes.into()),
            Written::Raw => Kind::Raw(String::from_utf8_lossy(&bytes).into_owned()),
            Written::Bytes => Kind::Bytes(bytes.into()),
        };
        Ok(Packet { payload: Payload(kind), fields: self.fields().cloned().unwrap_or_default() })
    }
}

/// What [`Content::write`] appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// One JSON text (RFC 8259) on one line, without a line break at its end.
    Json,
    /// UTF-8 text, as the action gave it.
    Raw,
    /// Bytes, as the action gave them.
    Bytes,
}

/// The one place where a packet's type meets a frame: everything past it is compiled once.
trait WriteValue {
    fn write_json(&self, out: &mut Vec<u8>) -> Result<(), Unwritable>;

    #[cfg(feature = "csv")]
    fn write_csv(&self, writer: &mut csv::Writer<CsvSink>) -> Result<(), Unwritable>;
}

impl<T: Serialize> WriteValue for T {
    fn write_json(&self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        to_json(self, out).map_err(|error| Unwritable::new(error.to_string()))
    }

    #[cfg(feature = "csv")]
    fn write_csv(&self, writer: &mut csv::Writer<CsvSink>) -> Result<(), Unwritable> {
        writer.serialize(self).map_err(|error| Unwritable::new(error.to_string()))
    }
}

/// Appends a value as one JSON text on one line.
fn to_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, OneLine))
}

/// Compact JSON. A `RawValue` goes out as it stands, and brings line breaks between its tokens; a space means the same
/// there. To look for them in every packet afterwards would cost as much as to write a small one.
struct OneLine;

impl Formatter for OneLine {
    fn write_raw_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for (at, line) in fragment.split(['\n', '\r']).enumerate() {
            if at > 0 {
                writer.write_all(b" ")?;
            }
            writer.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("Value"),
            Self::Packet(packet) => packet.fmt(f),
        }
    }
}

/// Why a packet could not be written. The action that sent it fails with 500; the reason is logged, never sent.
#[derive(Debug)]
pub struct Unwritable {
    reason: String,
}

impl Unwritable {
    /// A refusal for this reason, which is shown to the server's operators.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a packet could not be written: {}", self.reason)
    }
}

impl std::error::Error for Unwritable {}
