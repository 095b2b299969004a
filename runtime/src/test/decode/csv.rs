//! `csv`: one record a line (RFC 4180). Whether the first one holds the columns' names is for the test to say, by the
//! type that it reads. A byte order mark is skipped.

use csv::{ReaderBuilder, StringRecord};

use super::{Decoder, End, Item};
use crate::test::received::{Data, Received};

const MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) struct Csv {
    delimiter: u8,
    record: Vec<u8>,
    in_quotes: bool,
    has_begun: bool,
}

impl Csv {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, record: Vec::new(), in_quotes: false, has_begun: false }
    }

    /// Takes the bytes of a record, without the mark in front of the first one.
    fn take(&mut self) -> Vec<u8> {
        let mut record = std::mem::take(&mut self.record);
        if !std::mem::replace(&mut self.has_begun, true) && record.starts_with(MARK) {
            record.drain(..MARK.len());
        }
        record
    }

    fn parse(&self, record: &[u8]) -> StringRecord {
        let mut reader = ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).delimiter(self.delimiter).from_reader(record);
        reader.into_records().next().and_then(Result::ok).unwrap_or_default()
    }
}

impl Decoder for Csv {
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        for byte in bytes {
            self.record.push(*byte);
            self.in_quotes ^= *byte == b'"';
            if *byte == b'\n' && !self.in_quotes {
                let record = self.take();
                let record = self.parse(&record);
                items.push(Item::Packet(Received::of(Data::Row(record))));
            }
        }
    }

    fn finish(&mut self, items: &mut Vec<Item>) {
        let end = match &self.take()[..] {
            [] => End::Done(None),
            rest => End::Cut(format!("the body ended in the middle of a record: {}", String::from_utf8_lossy(rest))),
        };
        items.push(Item::End(end));
    }
}
