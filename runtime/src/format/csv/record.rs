//! Records as bytes.

use csv_core::{Terminator, WriterBuilder};

use super::options::{CsvOptions, LineEnds};

/// Appends a record.
pub(super) fn write_record<'a>(options: &CsvOptions, fields: impl Iterator<Item = &'a str>, out: &mut Vec<u8>) {
    let terminator = match options.line_ends {
        LineEnds::Crlf => Terminator::CRLF,
        LineEnds::Lf => Terminator::Any(b'\n'),
    };
    let mut writer = WriterBuilder::new().delimiter(options.delimiter).terminator(terminator).build();
    for (at, field) in fields.enumerate() {
        if at > 0 {
            append(DELIMITER, out, |room| writer.delimiter(room).1);
        }
        // At most two quotes around it, and a second one for each in it.
        append(2 * field.len() + 2, out, |room| writer.field(field.as_bytes(), room).2);
    }
    append(TERMINATOR, out, |room| writer.terminator(room).1);
}

/// The room for a quote and a delimiter.
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
