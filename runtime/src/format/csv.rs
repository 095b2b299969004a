//! `csv`: one record a packet (RFC 4180), under a header line with the names of the first one's fields. The result is
//! not sent, and a failure cuts the body.

use std::{
    fmt, io, mem,
    sync::{Arc, Mutex, PoisonError},
};

use csv::{Terminator, WriterBuilder};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::Value;

use super::{Content, Ending, Format, Problem, Unwritable};
use crate::packet::content::CsvWriter;

pub(crate) struct Csv {
    /// It knows whether the header has been written, and how many fields a record has.
    writer: CsvWriter,
    written: Sink,
    /// A record is being written. It stays so where its `Serialize` panics, because half of it stays in the writer.
    is_torn: bool,
    /// The first record of a JSON object brings the header line, unless the client has that already.
    wants_header: bool,
}

impl Default for Csv {
    fn default() -> Self {
        Self::new(true)
    }
}

impl Csv {
    fn new(wants_header: bool) -> Self {
        let written = Sink::default();
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF).has_headers(wants_header);
        Self { writer: builder.from_writer(Box::new(written.clone())), written, is_torn: false, wants_header }
    }

    fn write_json(&mut self, json: &[u8]) -> Result<(), Unwritable> {
        let row: Row = serde_json::from_slice(json).map_err(|error| Unwritable::new(error.to_string()))?;
        let (names, fields) = row.into_fields()?;
        let mut write =
            |record: &[String]| self.writer.write_record(record).map_err(|error| Unwritable::new(error.to_string()));
        if mem::replace(&mut self.wants_header, false) && !names.is_empty() {
            write(&names)?;
        }
        write(&fields)
    }
}

impl fmt::Debug for Csv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Csv")
    }
}

impl Format for Csv {
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if mem::replace(&mut self.is_torn, true) {
            return Err(Unwritable::new("an earlier record broke off, because its `Serialize` panicked"));
        }
        match content.as_json() {
            Some(json) => self.write_json(json)?,
            None => content.write_csv(&mut self.writer)?,
        }
        self.writer.flush().map_err(|error| Unwritable::new(error.to_string()))?;
        self.written.move_to(out);
        self.is_torn = false;
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
        *self = Self::new(true);
        let _ = self.packet(content, &mut Vec::new());
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }
}

/// The place where the writer puts a record and the format takes it from, because the writer owns its output for good.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn move_to(&self, out: &mut Vec<u8>) {
        out.append(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A record of JSON that is written already: an object with its members in order, a list, or one value.
enum Row {
    Object(Vec<(String, Value)>),
    List(Vec<Value>),
    One(Value),
}

impl Row {
    /// The names, where there are any, and the fields.
    fn into_fields(self) -> Result<(Vec<String>, Vec<String>), Unwritable> {
        let (names, values): (Vec<_>, Vec<_>) = match self {
            Self::Object(members) => members.into_iter().unzip(),
            Self::List(values) => (Vec::new(), values),
            Self::One(value) => (Vec::new(), vec![value]),
        };
        let fields = values.into_iter().map(|value| match value {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text),
            Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
            Value::Array(_) | Value::Object(_) => Err(Unwritable::new("the format `csv` takes flat records only")),
        });
        Ok((names, fields.collect::<Result<_, _>>()?))
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowVisitor)
    }
}

/// Keeps the order of an object's members, which are the columns.
struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Row::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Row, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Row::List)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Row, E> {
        Ok(Row::One(text.into()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Row, E> {
        Ok(Row::One(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Row, E> {
        Ok(Row::One(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Row, E> {
        Ok(Row::One(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Row, E> {
        Ok(Row::One(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Row, E> {
        Ok(Row::One(Value::Null))
    }
}
