//! `csv`: one record a packet (RFC 4180), under a header line with the names of the first one's fields. The result is
//! not sent, and a failure cuts the body.

use std::{
    fmt, io, mem,
    sync::{Arc, Mutex, PoisonError},
};

use csv::{Terminator, Writer, WriterBuilder};

use super::{Content, Ending, Format, Problem, Unwritable};

pub(crate) struct Csv {
    /// It knows whether the header has been written, and how many fields a record has.
    writer: Writer<Sink>,
    written: Sink,
    /// A record is being written. It stays so where its `Serialize` panics, because half of it stays in the writer.
    is_torn: bool,
}

impl Default for Csv {
    fn default() -> Self {
        let written = Sink::default();
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(written.clone());
        Self { writer, written, is_torn: false }
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
        content.write_csv(&mut self.writer)?;
        self.writer.flush().map_err(|error| Unwritable::new(error.to_string()))?;
        self.written.move_to(out);
        self.is_torn = false;
        Ok(())
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }
}

/// Where the writer puts a record, and where we take it from: the writer owns its output for good.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

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
