//! `csv`: one record a line (RFC 4180). Whether the first one holds the columns' names is for the test to say, by the
//! type that it reads.

use csv::{ReaderBuilder, StringRecord};

use super::{Decoder, End, Item};
use crate::test::received::{Data, Received};

#[derive(Default)]
pub(super) struct Csv {
    record: Vec<u8>,
    in_quotes: bool,
}

fn parse(bytes: &[u8]) -> StringRecord {
    let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    reader.into_records().next().and_then(Result::ok).unwrap_or_default()
}

impl Decoder for Csv {
    fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        for byte in bytes {
            self.record.push(*byte);
            self.in_quotes ^= *byte == b'"';
            if *byte == b'\n' && !self.in_quotes {
                let record = parse(&std::mem::take(&mut self.record));
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
