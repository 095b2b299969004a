//! A packet on its way from the action into a format.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use super::{
    gap::Gap,
    json::to_json,
    notice::{Notice, Stop},
    packet::{Fields, Packet, Payload, PayloadKind},
};

/// A value that `self.stream(..)` takes: every [`Serialize`] value, owned or by reference, and [`Packet`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be streamed",
    label = "not a packet",
    note = "a packet is any value that implements `serde::Serialize`, or an `outflow::Packet`"
)]
pub trait Streamable {
    /// The packet as a format takes it.
    #[doc(hidden)]
    fn content(&self) -> Content<'_>;

    /// The packet as an event that is named after the variant of its enum, for `event = tag`.
    #[doc(hidden)]
    fn named(&self) -> Content<'_>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Streamable for T {
    fn content(&self) -> Content<'_> {
        Content::of_value(self)
    }

    fn named(&self) -> Content<'_> {
        Content::of_owned(Packet::named_json(self))
    }
}

impl Streamable for Packet {
    fn content(&self) -> Content<'_> {
        Content::of(self)
    }

    /// The variant of a packet that is written already is not known.
    fn named(&self) -> Content<'_> {
        match self.fields.event {
            Some(_) => Content::of(self),
            None => Content::of_owned(Packet::broken(
                "`event = tag` can't name a `Packet`: give it a name with `.event(..)`, or send the value itself"
                    .to_owned(),
            )),
        }
    }
}

/// A packet on its way into a format: [`write`](Content::write) appends its payload to the frame.
#[derive(Debug)]
pub struct Content<'a> {
    source: Source<'a>,
    number: u64,
    id: Option<EventId<'a>>,
}

/// The id of a packet whose place is in a topic of a hub.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventId<'a> {
    pub(crate) epoch: &'a str,
    pub(crate) number: u64,
}

enum Source<'a> {
    Value(&'a dyn WriteValue),
    Packet(&'a Packet),
    Owned(Box<Packet>),
    /// JSON that is written already.
    Json(&'a [u8]),
    Notice(Notice<'a>),
}

impl<'a> Content<'a> {
    pub(crate) fn of_value<T: Serialize>(value: &'a T) -> Self {
        Self::of_source(Source::Value(value))
    }

    pub(crate) fn of(packet: &'a Packet) -> Self {
        Self::of_source(Source::Packet(packet))
    }

    /// A packet that is no value's own.
    pub(crate) fn of_owned(packet: Packet) -> Self {
        Self::of_source(Source::Owned(Box::new(packet)))
    }

    pub(crate) fn of_json(json: &'a [u8]) -> Self {
        Self::of_source(Source::Json(json))
    }

    pub(crate) fn of_gap(gap: &'a Gap) -> Self {
        Self::of_source(Source::Notice(Notice::Gap(gap)))
    }

    pub(crate) fn of_stop(stop: &'a Stop) -> Self {
        Self::of_source(Source::Notice(Notice::Stop(stop)))
    }

    #[inline]
    fn of_source(source: Source<'a>) -> Self {
        Self { source, number: 0, id: None }
    }

    /// The same packet, with its place in a topic.
    #[inline]
    pub(crate) fn with_id(self, epoch: &'a str, number: u64) -> Self {
        Self { id: Some(EventId { epoch, number }), ..self }
    }

    /// What stands in the place of a packet, if this is none.
    #[inline]
    pub(crate) fn notice(&self) -> Option<Notice<'a>> {
        match self.source {
            Source::Notice(notice) => Some(notice),
            _ => None,
        }
    }

    /// Gives the packet its place in the stream.
    #[inline]
    pub(crate) fn set_number(&mut self, number: u64) {
        self.number = number;
    }
}

impl Content<'_> {
    /// The packet's number in its stream: 1, 2, 3 and so on. In a run it is the number in that run, whichever follower
    /// the packet is written for.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The event's fields, if the packet was made with any.
    #[inline]
    pub fn fields(&self) -> Option<&Fields> {
        self.packet().map(|packet| &packet.fields)
    }

    /// The packet that was made by hand, or for the name of its event.
    #[inline]
    fn packet(&self) -> Option<&Packet> {
        match &self.source {
            Source::Value(_) | Source::Json(_) | Source::Notice(_) => None,
            Source::Packet(packet) => Some(packet),
            Source::Owned(packet) => Some(packet),
        }
    }

    /// The id of the event: that of a packet that was made with one, or the packet's place in the topic of a
    /// [`Hub`](crate::Hub). In a run the packet's [number](Self::number) is its id instead.
    pub fn id(&self) -> Option<Cow<'_, str>> {
        match self.id {
            Some(EventId { epoch, number }) => Some(format!("{epoch}-{number}").into()),
            None => self.fields()?.id.as_deref().map(Cow::from),
        }
    }

    /// Appends the place in a topic as the field `id` of an event, if it has one.
    #[inline]
    pub(crate) fn write_place(&self, out: &mut Vec<u8>) {
        if let Some(EventId { epoch, number }) = self.id {
            out.extend_from_slice(b"id: ");
            out.extend_from_slice(epoch.as_bytes());
            out.push(b'-');
            // A number can always be written to memory.
            let _ = serde_json::to_writer(&mut *out, &number);
            out.push(b'\n');
        }
    }

    /// Whether it was made by [`Packet::bytes`].
    pub fn is_bytes(&self) -> bool {
        matches!(self.packet(), Some(Packet { payload: Payload(PayloadKind::Bytes(_)), .. }))
    }

    /// Appends the payload to `out` and returns its kind.
    ///
    /// # Errors
    /// If the value's `Serialize` fails. `out` may then hold a part of it: the caller cuts it back.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) -> Result<Written, Unwritable> {
        match &self.source {
            Source::Value(value) => value.write_json(out).map(|()| Written::Json),
            Source::Json(json) => {
                out.extend_from_slice(json);
                Ok(Written::Json)
            }
            Source::Packet(packet) => packet.write(out),
            Source::Owned(packet) => packet.write(out),
            Source::Notice(_) => Err(Unwritable::new("it is no packet")),
        }
    }

    /// Appends the payload as one JSON text (RFC 8259): raw text as a string.
    ///
    /// # Errors
    /// If the value's `Serialize` fails, and for bytes, which are not JSON.
    pub fn write_json(&self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match self.packet().map(|packet| &packet.payload.0) {
            Some(PayloadKind::Raw(text)) => String::from_utf8_lossy(text).write_json(out),
            Some(PayloadKind::Bytes(_)) => {
                Err(Unwritable::new("this format is written from JSON, and `Packet::bytes` is not JSON"))
            }
            _ => self.write(out).map(|_| ()),
        }
    }

    /// Appends strings and raw text as they are, returning [`Written::Raw`], and any other value as JSON.
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

    /// The packet for a consumer in Rust, which outlives the call.
    pub(crate) fn to_packet(&self) -> Result<Packet, Unwritable> {
        let mut bytes = Vec::new();
        let kind = match self.write(&mut bytes)? {
            Written::Json => PayloadKind::Json(bytes.into()),
            Written::Raw => PayloadKind::Raw(bytes.into()),
            Written::Bytes => PayloadKind::Bytes(bytes.into()),
        };
        let mut fields = self.fields().cloned().unwrap_or_default();
        fields.id = self.id().map(Cow::into_owned);
        Ok(Packet { payload: Payload(kind), fields })
    }
}

impl Packet {
    fn write(&self, out: &mut Vec<u8>) -> Result<Written, Unwritable> {
        out.extend_from_slice(self.as_bytes());
        match &self.payload.0 {
            PayloadKind::Json(_) => Ok(Written::Json),
            PayloadKind::Raw(_) => Ok(Written::Raw),
            PayloadKind::Bytes(_) => Ok(Written::Bytes),
            PayloadKind::Broken(why) => Err(Unwritable::new(why)),
        }
    }
}

/// The kind of payload that [`Content::write`] appended.
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
}

impl<T: Serialize> WriteValue for T {
    fn write_json(&self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        to_json(self, out).map_err(|error| Unwritable::new(error.to_string()))
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("Value"),
            Self::Packet(packet) => packet.fmt(f),
            Self::Notice(notice) => notice.fmt(f),
            Self::Owned(packet) => packet.fmt(f),
            Self::Json(json) => String::from_utf8_lossy(json).fmt(f),
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
