//! `sse`: server-sent events (WHATWG HTML, section 9.2). Data is always JSON, but for [`Packet::raw`].
//!
//! [`Packet::raw`]: crate::Packet::raw

use std::{borrow::Cow, io::Write as _, time::Duration};

use memchr::{memchr2, memchr3};

use super::{Content, EndedBy, Ending, Fields, Format, Problem, Unwritable, Written};

/// The id of the events that end a stream. An `EventSource` that reconnects with it has seen the end, and is told
/// to stay away.
pub(crate) const END_ID: &str = "outflow-end";

/// The events that end a stream.
const DONE: &str = "done";
const ERROR: &str = "error";

/// How long the client of a run waits before it comes back, in milliseconds.
const RUN_RETRY: u32 = 1000;

#[derive(Debug, Default)]
pub(crate) struct Sse {
    /// In a run, the number from which its client goes on: that of the last event, which is its id.
    resume_from: Option<u64>,
}

impl Sse {
    /// The id of the last event. The one outside of runs keeps an `EventSource` from coming back, so it is left out where the
    /// client should do so.
    fn end_id(&self, comes_back: bool) -> Option<Cow<'static, str>> {
        match self.resume_from {
            Some(number) => Some(number.to_string().into()),
            None => (!comes_back).then_some(END_ID.into()),
        }
    }
}

impl Format for Sse {
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if let Some(number) = &mut self.resume_from {
            *number = content.number();
            out.extend_from_slice(b"id: ");
            serde_json::to_writer(&mut *out, number).map_err(|error| Unwritable::new(error.to_string()))?;
            out.push(b'\n');
        }
        if let Some(fields) = content.fields() {
            write_fields(fields, out)?;
        }
        out.extend_from_slice(b"data: ");
        let start = out.len();
        match content.write(out)? {
            Written::Json => {}
            Written::Raw => split_lines(out, start),
            Written::Bytes => {
                return Err(Unwritable::new("an event stream carries text, and `Packet::bytes` is not text"));
            }
        }
        out.extend_from_slice(b"\n\n");
        Ok(())
    }

    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        end(DONE, self.end_id(false), result.unwrap_or_default(), out);
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending {
        end(ERROR, self.end_id(problem.ended_by() == EndedBy::Shutdown), problem.to_json().as_bytes(), out);
        Ending::Clean
    }

    /// A `retry` alone, without an end event: an `EventSource` reconnects after every end.
    fn come_back(&mut self, delay: Duration, out: &mut Vec<u8>) -> Ending {
        out.extend_from_slice(retry(delay).as_bytes());
        Ending::Clean
    }

    /// The number that the client has, without an event: a client that is cut off before the first packet comes back
    /// with it all the same.
    fn resume(&mut self, after: u64, out: &mut Vec<u8>) {
        self.resume_from = Some(after);
        out.extend_from_slice(format!("retry: {RUN_RETRY}\nid: {after}\n\n").as_bytes());
    }

    fn resume_from(&mut self, number: u64) {
        self.resume_from = Some(number);
    }

    /// A comment (section 9.2.7 recommends one every 15 seconds or so).
    fn heartbeat(&self) -> &'static [u8] {
        b":\n\n"
    }
}

/// The `retry` field by itself, in whole milliseconds.
pub(crate) fn retry(delay: Duration) -> String {
    format!("retry: {}\n\n", delay.as_millis())
}

fn end(event: &str, id: Option<Cow<'_, str>>, json: &[u8], out: &mut Vec<u8>) {
    put_field("event", event, out);
    if let Some(id) = id {
        put_field("id", &id, out);
    }
    out.extend_from_slice(b"data:");
    if !json.is_empty() {
        out.push(b' ');
        let start = out.len();
        out.extend_from_slice(json);
        split_lines(out, start);
    }
    out.extend_from_slice(b"\n\n");
}

pub(crate) fn write_fields(fields: &Fields, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    if let Some(event) = &fields.event {
        if event == DONE || event == ERROR {
            return Err(Unwritable::new(format!("the event name `{event}` is taken by the end of the stream")));
        }
        write_field("event", event, out)?;
    }
    if let Some(id) = &fields.id {
        if id == END_ID {
            return Err(Unwritable::new(format!("the id `{id}` is taken by the end of the stream")));
        }
        write_field("id", id, out)?;
    }
    if let Some(delay) = fields.retry {
        let written = writeln!(out, "retry: {}", delay.as_millis());
        written.map_err(|error| Unwritable::new(error.to_string()))?;
    }
    Ok(())
}

fn write_field(name: &str, value: &str, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    if memchr3(b'\r', b'\n', b'\0', value.as_bytes()).is_some() {
        return Err(Unwritable::new(format!(
            "the field `{name}` holds a line break or a NUL, which would end it early: {value:?}"
        )));
    }
    put_field(name, value, out);
    Ok(())
}

fn put_field(name: &str, value: &str, out: &mut Vec<u8>) {
    for part in [name, ": ", value, "\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Starts each further line of the data with `data: `. A packet's JSON has none, a result may bring some with a
/// `RawValue`, and text may have any. CR, LF and CR LF all read as a line feed on the other side (section 9.2.5).
fn split_lines(out: &mut Vec<u8>, start: usize) {
    if memchr2(b'\n', b'\r', &out[start..]).is_none() {
        return;
    }
    let data = out.split_off(start);
    let mut rest = data.as_slice();
    while let Some(end) = memchr2(b'\n', b'\r', rest) {
        let after = if rest[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(b"\ndata: ");
        rest = &rest[after..];
    }
    out.extend_from_slice(rest);
}
