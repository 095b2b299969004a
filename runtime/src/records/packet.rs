//! A packet as a record: JSON, with what `Packet::raw`, `.event` and `.retry` add. It is written once, and each reader
//! then writes it in its own format. The first byte of a record says what it is.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    format::sse,
    packet::{
        content::{Content, Unwritable, Written},
        packet::{Fields, Packet},
    },
};

/// A packet without fields, as most are: its JSON follows.
pub(crate) const PLAIN: u8 = b'j';
/// A packet with fields, or of raw text.
pub(crate) const WITH_FIELDS: u8 = b'p';

/// A packet with fields, or of raw text.
#[derive(Serialize, Deserialize)]
struct PacketRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<u64>,
    is_raw: bool,
    text: String,
}

/// What a packet of some place may not have, and why.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Why it has no id of its own.
    pub(crate) no_ids: &'static str,
    /// Why it has no bytes.
    pub(crate) no_bytes: &'static str,
    /// A name that ends the stream.
    pub(crate) end_event: Option<&'static str>,
}

/// Appends the record of a packet. The caller cuts off what a refusal leaves behind.
#[inline]
pub(crate) fn write(content: &Content<'_>, rules: &Rules, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    let fields = content.fields();
    if let Some(fields) = fields {
        check(fields, rules)?;
    }
    let start = out.len();
    out.push(PLAIN);
    let written = content.write(out)?;
    if written == Written::Bytes {
        return Err(Unwritable::new(rules.no_bytes));
    }
    if written == Written::Json && fields.is_none_or(|fields| fields.event.is_none() && fields.retry.is_none()) {
        return Ok(());
    }
    add_fields(fields, written == Written::Raw, start, out)
}

/// Checks the fields here, so that the call that sends them is refused, not each reader's.
fn check(fields: &Fields, rules: &Rules) -> Result<(), Unwritable> {
    if fields.id.is_some() {
        return Err(Unwritable::new(rules.no_ids));
    }
    sse::write_fields(fields, rules.end_event, &mut Vec::new())
}

/// Makes a record with fields of the plain one that begins at `start`.
fn add_fields(fields: Option<&Fields>, is_raw: bool, start: usize, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    let Fields { event, retry, .. } = fields.cloned().unwrap_or_default();
    let text = String::from_utf8_lossy(&out[start + 1..]).into_owned();
    let packet = PacketRecord { event, retry: retry.map(sse::millis), is_raw, text };
    out.truncate(start);
    out.push(WITH_FIELDS);
    serde_json::to_writer(out, &packet).map_err(|error| Unwritable::new(error.to_string()))
}

/// The JSON of a packet without fields.
pub(crate) fn as_json(record: &[u8]) -> Option<&[u8]> {
    let (tag, json) = record.split_first()?;
    (*tag == PLAIN).then_some(json)
}

/// Reads the record of a packet; `None` if it is not one, or can't be read.
pub(crate) fn read(record: &[u8]) -> Option<Packet> {
    if let Some(json) = as_json(record) {
        return Some(Packet::of_json(Bytes::copy_from_slice(json), Fields::default()));
    }
    let payload = record.strip_prefix(&[WITH_FIELDS])?;
    let PacketRecord { event, retry, is_raw, text } = serde_json::from_slice(payload).ok()?;
    let fields = Fields { event, retry: retry.map(Duration::from_millis), id: None };
    Some(if is_raw { Packet::of_raw(text, fields) } else { Packet::of_json(text.into(), fields) })
}
