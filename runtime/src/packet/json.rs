//! Values as JSON on one line.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Appends a value as one JSON text (RFC 8259) on one line.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, OneLine))
}

/// Compact JSON. A `RawValue` goes out as it stands and may bring line breaks between its tokens, where a space means
/// the same. Searching every packet for them afterwards would cost as much as writing a small one.
struct OneLine;

impl Formatter for OneLine {
    fn write_raw_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for (at, line) in fragment.split(['\n', '\r']).enumerate() {
            if at > 0 {
                writer.write_all(b" ")?;
            }
            writer.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}
