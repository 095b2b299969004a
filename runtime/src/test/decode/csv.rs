//! `csv`: one record a line (RFC 4180). Whether the first one holds the columns' names is for the test to say, by the
//! type that it reads. A byte order mark is skipped, and the first record shows what is between the fields.

use csv::{ReaderBuilder, StringRecord};

use super::{Decoder, End, Item};
use crate::test::received::{Data, Received};

#[derive(Default)]
pub(super) struct Csv {
    record: Vec<u8>,
    in_quotes: bool,
    delimiter: Option<u8>,
}

impl Csv {
    fn parse(&mut self, record: &[u8]) -> StringRecord {
        let record = match self.delimiter {
            None => record.strip_prefix("\u{feff}".as_bytes()).unwrap_or(record),
            Some(_) => record,
        };
        let delimiter = *self.delimiter.get_or_insert_with(|| delimiter(record));
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(record);
        reader.into_records().next().and_then(Result::ok).unwrap_or_default()
    }
}

/// The delimiter that stands most often outside of quotes; a comma among equals.
fn delimiter(record: &[u8]) -> u8 {
    let unquoted: Vec<u8> = record.split(|byte| *byte == b'"').step_by(2).flatten().copied().collect();
    let count = |delimiter: &u8| unquoted.iter().filter(|byte| *byte == delimiter).count();
    // Of several, the last one counts.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

impl Decoder for Csv {
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        for byte in bytes {
            self.record.push(*byte);
            self.in_quotes ^= *byte == b'"';
            if *byte == b'\n' && !self.in_quotes {
                let record = std::mem::take(&mut self.record);
                let record = self.parse(&record);
                items.push(Item::Packet(Received::of(Data::Row(record))));
            }
        }
    }

    fn finish(&mut self, items: &mut Vec<Item>) {
        let end = match &self.record[..] {
            [] => End::Done(None),
            rest => End::Cut(format!("the body ended in the middle of a record: {}", String::from_utf8_lossy(rest))),
        };
        items.push(Item::End(end));
    }
}
