//! `csv`: one record a packet (RFC 4180), under a header line with the names of the first one's fields. The result is
//! not sent, and a failure cuts the body.
//!
//! A record is made from the packet's JSON, which is all that a run keeps of it. So a packet has the same bytes in a
//! live response, in a run, and as a `Packet::json`.

// The files:
//
// - `mod`: the format, its columns, and records as bytes
// - `row`: the fields of one packet, read from its JSON

mod row;

use std::collections::HashMap;

use csv_core::{Terminator, WriterBuilder};

use self::row::Row;
use super::{Content, Ending, Format, Problem, Unwritable};

/// A buffer that has grown larger is not kept for the next packet.
const LARGE: usize = 16 * 1024;

pub(crate) struct Csv {
    /// The columns, as the first record has them.
    columns: Option<Columns>,
    /// Whether the first record brings the header line. A client that resumes has it already.
    wants_header: bool,
    /// The packet's JSON.
    json: Vec<u8>,
}

impl Default for Csv {
    fn default() -> Self {
        Self::new(true)
    }
}

impl Csv {
    fn new(wants_header: bool) -> Self {
        Self { columns: None, wants_header, json: Vec::new() }
    }
}

impl Format for Csv {
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.json.capacity() > LARGE {
            self.json = Vec::new();
        }
        self.json.clear();
        content.write_json(&mut self.json)?;
        let row = Row::read(&self.json)?;
        if let Some(columns) = &self.columns {
            return columns.write(&row, out);
        }
        let columns = Columns::of(&row)?;
        if let (Columns::Named(names), true) = (&columns, self.wants_header) {
            write_record(names.iter().map(|name| &**name), out);
        }
        columns.write(&row, out)?;
        self.columns = Some(columns);
        Ok(())
    }

    fn resume(&mut self, after: u64, _out: &mut Vec<u8>) {
        *self = Self::new(after == 0);
    }

    fn resume_needs_first(&self) -> bool {
        true
    }

    /// If the first packet can't be written, a follower from the start has nothing either.
    fn resume_first(&mut self, content: &Content<'_>) {
        *self = Self::new(false);
        let _ = self.packet(content, &mut Vec::new());
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }
}

/// The columns of a table, as its first record has them.
enum Columns {
    Named(Vec<Box<str>>),
    /// The first record has no names, so there is no header line.
    Counted(usize),
}

impl Columns {
    fn of(row: &Row<'_>) -> Result<Self, Unwritable> {
        if row.fields.is_empty() {
            return Err(Unwritable::new("the first record of `csv` has no fields, so there would be no columns"));
        }
        Ok(match row.is_named {
            true => Self::Named(row.fields.iter().map(|(name, _)| (&**name).into()).collect()),
            false => Self::Counted(row.fields.len()),
        })
    }

    fn count(&self) -> usize {
        match self {
            Self::Named(names) => names.len(),
            Self::Counted(count) => *count,
        }
    }

    /// Appends a record: fields that have names under their names, others by their places.
    fn write(&self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match self {
            Self::Named(names) if row.is_named && !is_in_order(row, names) => write_under(names, row, out),
            _ if row.fields.len() == self.count() => {
                write_record(row.fields.iter().map(|(_, text)| &**text), out);
                Ok(())
            }
            _ => Err(Unwritable::new(format!(
                "a record of {} fields does not fit into {} columns",
                row.fields.len(),
                self.count()
            ))),
        }
    }
}

fn is_in_order(row: &Row<'_>, names: &[Box<str>]) -> bool {
    row.fields.len() == names.len() && row.fields.iter().zip(names).all(|((field, _), name)| **field == **name)
}

/// Appends a record whose fields are not those of the columns in their order. One that is missing is empty.
fn write_under(names: &[Box<str>], row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    let mut fields: HashMap<&str, &str> = row.fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    if fields.len() < row.fields.len() {
        return Err(Unwritable::new("a record of `csv` has two fields of one name"));
    }
    write_record(names.iter().map(|name| fields.remove(&**name).unwrap_or_default()), out);
    match fields.keys().next() {
        None => Ok(()),
        Some(name) => Err(Unwritable::new(format!(
            "the field `{name}` is not in the header line of `csv`, which the first packet has written"
        ))),
    }
}

/// Appends a record.
fn write_record<'a>(fields: impl Iterator<Item = &'a str>, out: &mut Vec<u8>) {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).build();
    for (at, field) in fields.enumerate() {
        if at > 0 {
            append(DELIMITER, out, |room| writer.delimiter(room).1);
        }
        // At most two quotes around it, and a second one for each in it.
        append(2 * field.len() + 2, out, |room| writer.field(field.as_bytes(), room).2);
    }
    append(TERMINATOR, out, |room| writer.terminator(room).1);
}

/// The room for a quote and a comma.
const DELIMITER: usize = 2;

/// The room for two quotes, which stand for a record of one empty field, and a line break.
const TERMINATOR: usize = 4;

/// Appends what a writer puts into this much room.
fn append(room: usize, out: &mut Vec<u8>, write: impl FnOnce(&mut [u8]) -> usize) {
    let start = out.len();
    out.resize(start + room, 0);
    let written = write(&mut out[start..]);
    out.truncate(start + written);
}
