//! `csv`: one record a packet (RFC 4180), under a header line with the names of the first one's fields, or with those
//! that its options give. The result is not sent, and a failure cuts the body.
//!
//! A record is made from the packet's JSON, which is all that a run keeps of it. So a packet has the same bytes in a
//! live response, in a run, and as a `Packet::json`.

// The files:
//
// - `mod`: the format and its columns
// - `options`: `csv(…)` among the formats
// - `record`: records as bytes
// - `row`: the fields of one packet, read from its JSON

pub(crate) mod options;
mod record;
mod row;

use std::{borrow::Cow, collections::HashMap};

use self::{options::CsvOptions, record::write_record, row::Row};
use super::{Content, Ending, Format, Problem, Unwritable};

/// A buffer that has grown larger is not kept for the next packet.
const LARGE: usize = 16 * 1024;

/// A byte order mark, by which spreadsheets know UTF-8.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// The writer of one response.
pub fn with(options: &'static CsvOptions) -> Box<dyn Format> {
    Box::new(Csv::new(options, true))
}

struct Csv {
    options: &'static CsvOptions,
    /// The columns, as the options or the first record have them.
    columns: Option<Columns>,
    /// Whether the first record brings the header line. A client that resumes has it already.
    wants_header: bool,
    /// The packet's JSON.
    json: Vec<u8>,
}

impl Csv {
    fn new(options: &'static CsvOptions, wants_header: bool) -> Self {
        let given = (!options.columns.is_empty()).then(|| options.columns.iter().map(|(field, _)| (*field).into()));
        let columns = given.map(|names| Columns::Named(names.collect()));
        Self { options, columns, wants_header, json: Vec::new() }
    }
}

impl Format for Csv {
    fn extension(&self) -> Option<&'static str> {
        Some("csv")
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.options.bom {
            out.extend_from_slice(BOM);
        }
        if !self.options.columns.is_empty() {
            write_record(self.options, self.options.columns.iter().map(|(_, title)| *title), out);
        }
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.json.capacity() > LARGE {
            self.json = Vec::new();
        }
        self.json.clear();
        content.write_json(&mut self.json)?;
        let row = Row::read(&self.json, self.options.formulas)?;
        if let Some(columns) = &self.columns {
            return columns.write(self.options, &row, out);
        }
        let columns = Columns::of(&row)?;
        if let (Columns::Named(names), true) = (&columns, self.wants_header) {
            let names: Vec<_> = names.iter().map(|name| self.options.formulas.text(Cow::Borrowed(name))).collect();
            write_record(self.options, names.iter().map(|name| &**name), out);
        }
        columns.write(self.options, &row, out)?;
        self.columns = Some(columns);
        Ok(())
    }

    fn resume(&mut self, after: u64, out: &mut Vec<u8>) {
        *self = Self::new(self.options, after == 0);
        if self.wants_header {
            self.begin(out);
        }
    }

    fn resume_needs_first(&self) -> bool {
        self.columns.is_none()
    }

    /// If the first packet can't be written, a follower from the start has nothing either.
    fn resume_first(&mut self, content: &Content<'_>) {
        *self = Self::new(self.options, false);
        let _ = self.packet(content, &mut Vec::new());
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }
}

/// The columns of a table.
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
    fn write(&self, options: &CsvOptions, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match self {
            Self::Named(names) if row.is_named && !is_in_order(row, names) => write_under(options, names, row, out),
            _ if row.fields.len() == self.count() => {
                write_record(options, row.fields.iter().map(|(_, text)| &**text), out);
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
fn write_under(options: &CsvOptions, names: &[Box<str>], row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    let mut fields: HashMap<&str, &str> = row.fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    if fields.len() < row.fields.len() {
        return Err(Unwritable::new("a record of `csv` has two fields of one name"));
    }
    write_record(options, names.iter().map(|name| fields.remove(&**name).unwrap_or_default()), out);
    match fields.keys().next() {
        None => Ok(()),
        Some(name) => Err(Unwritable::new(format!(
            "the field `{name}` is not among the columns of `csv`, which the first packet or `columns(…)` has given"
        ))),
    }
}
