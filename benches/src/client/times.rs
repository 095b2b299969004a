//! The packets of a stream that sends times.

use anyhow::{Context as _, Result};

/// Finds the times that a stream sends, however its bytes are cut. Each is one line that ends in digits, whatever stands
/// before them; no other line does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    line: Vec<u8>,
    pub(crate) packets: usize,
}

impl Times {
    pub(crate) fn read(&mut self, data: &[u8], mut on_packet: impl FnMut(u64)) -> Result<()> {
        self.line.extend_from_slice(data);
        let mut read = 0;
        while let Some(length) = memchr::memchr(b'\n', &self.line[read..]) {
            let line = str::from_utf8(&self.line[read..read + length]).context("a line is not UTF-8")?;
            // The id of a packet.
            let line = if line.starts_with("id:") { "" } else { line };
            let digits = line.trim_start_matches(|c: char| !c.is_ascii_digit());
            if !digits.is_empty() {
                on_packet(digits.parse().with_context(|| format!("the line `{line}` holds no time"))?);
                self.packets += 1;
            }
            read += length + 1;
        }
        self.line.drain(..read);
        Ok(())
    }
}
