//! `sse`: server-sent events (WHATWG HTML, section 9.2). Data is always JSON, except for [`Packet::raw`].
//!
//! [`Packet::raw`]: crate::Packet::raw

use std::{borrow::Cow, io::Write as _, time::Duration};

use memchr::{memchr2, memchr3};

use super::{Content, EndedBy, Ending, Fields, Format, Gap, Problem, Unwritable, Written};

/// The id of the events that end a stream. An `EventSource` that reconnects with it has seen the end, and is told
/// to stay away.
pub(crate) const END_ID: &str = "outflow-end";

/// The events that end a stream.
pub(crate) const DONE: &str = "done";
pub(crate) const ERROR: &str = "error";

/// The event in the place of packets that the client has missed.
const GAP: &str = "gap";

/// How long the client of a run waits before it comes back, in milliseconds.
const RUN_RETRY: u32 = 1000;

#[derive(Debug, Default)]
pub(crate) struct Sse {
    /// In a run, the number from which its client goes on: that of the last event, which is its id.
    resume_from: Option<u64>,
    /// The event after the one that says how the stream ended.
    end_event: Option<&'static str>,
}

impl Sse {
    /// A writer whose streams all end with an event of this name.
    pub(crate) fn ended_by(event: &'static str) -> Self {
        Self { end_event: Some(event), ..Self::default() }
    }

    /// The events of an end. A client that should come back gets no end event.
    fn end(&self, event: &str, comes_back: bool, json: &[u8], out: &mut Vec<u8>) {
        let id = self.end_id(comes_back);
        put_event(event, id.as_deref(), json, out);
        if let (Some(event), Some(id)) = (self.end_event, id) {
            put_event(event, Some(&id), b"", out);
        }
    }

    /// The id of the last event. Outside of runs it keeps an `EventSource` from coming back, so it is left out if the
    /// client should come back.
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
            put_number(*number, out);
        } else {
            content.write_place(out);
        }
        if let Some(fields) = content.fields() {
            write_fields(fields, self.end_event, out)?;
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

    fn gap(&mut self, gap: &Gap, out: &mut Vec<u8>) -> Ending {
        let number = self.resume_from.map(|number| number.to_string());
        put_event(GAP, number.as_deref().or(gap.id()), gap.to_json().as_bytes(), out);
        Ending::Clean
    }

    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        self.end(DONE, false, result.unwrap_or_default(), out);
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending {
        self.end(ERROR, problem.ended_by() == EndedBy::Shutdown, problem.to_json().as_bytes(), out);
        Ending::Clean
    }

    /// A `retry` without an end event: an `EventSource` reconnects after every end.
    fn come_back(&mut self, delay: Duration, out: &mut Vec<u8>) -> Ending {
        out.extend_from_slice(retry(delay).as_bytes());
        Ending::Clean
    }

    /// The fields without data are the first lines of the first packet's block, whose own `id` follows and counts:
    /// widespread readers take a block without data for an empty event. A client that is cut off before that packet
    /// comes back as it came, with the number that it has already.
    fn resume(&mut self, after: u64, out: &mut Vec<u8>) {
        self.resume_from = Some(after);
        out.extend_from_slice(format!("retry: {RUN_RETRY}\nid: {after}\n").as_bytes());
    }

    fn resume_packets(
        &mut self,
        first: u64,
        packets: &mut dyn Iterator<Item = &[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        for (number, json) in (first..).zip(packets) {
            self.resume_from = Some(number);
            put_number(number, out);
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(json);
            out.extend_from_slice(b"\n\n");
        }
        Ok(())
    }

    fn resume_from(&mut self, number: u64) {
        self.resume_from = Some(number);
    }

    /// A comment (section 9.2.7 recommends one every 15 seconds or so). Without a blank line, at which some readers see
    /// an event again once there was an `id`.
    fn heartbeat(&self) -> &'static [u8] {
        b":\n"
    }
}

/// Appends the id of a packet of a run.
fn put_number(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"id: ");
    // A number can always be written to memory.
    let _ = serde_json::to_writer(&mut *out, &number);
    out.push(b'\n');
}

/// The `retry` field by itself, in whole milliseconds. It takes effect with its line; a blank line after it would be an
/// empty event to some readers.
pub(crate) fn retry(delay: Duration) -> String {
    format!("retry: {}\n", millis(delay))
}

/// The end event by itself, for a client that has seen the end and asks again.
pub(crate) fn end_again(event: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put_event(event, Some(END_ID), b"", &mut out);
    out
}

/// A reconnection time in whole milliseconds. One that is too short for a millisecond is one, and only zero is zero;
/// browsers come back at once after a time that is too long for their timers, so it is at most 2³¹ − 1, some 24 days.
pub(crate) fn millis(delay: Duration) -> u64 {
    const LONGEST: u64 = i32::MAX as u64;
    let rounded_up = delay.as_nanos().div_ceil(1_000_000);
    u64::try_from(rounded_up).map_or(LONGEST, |millis| millis.min(LONGEST))
}

/// Appends an event. Its line `data:` is there without data too: no reader dispatches an event without one.
fn put_event(event: &str, id: Option<&str>, json: &[u8], out: &mut Vec<u8>) {
    put_field("event", event, out);
    if let Some(id) = id {
        put_field("id", id, out);
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

pub(crate) fn write_fields(
    fields: &Fields,
    end_event: Option<&'static str>,
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    if let Some(event) = &fields.event {
        if event == DONE || event == ERROR || end_event.is_some_and(|end| event == end) {
            return Err(Unwritable::new(format!("the event name `{event}` is taken by the end of the stream")));
        }
        if event == GAP {
            return Err(Unwritable::new("the event name `gap` is taken by packets that were missed"));
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
        let written = writeln!(out, "retry: {}", millis(delay));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reconnection_time_is_one_that_a_browser_can_wait() {
        for (delay, expected) in [
            (Duration::ZERO, 0),
            (Duration::from_nanos(1), 1),
            (Duration::from_micros(1_500), 2),
            (Duration::from_millis(3_000), 3_000),
            (Duration::from_secs(60 * 60 * 24 * 365), 2_147_483_647),
            (Duration::MAX, 2_147_483_647),
        ] {
            assert_eq!(millis(delay), expected, "{delay:?}");
        }
    }
}
