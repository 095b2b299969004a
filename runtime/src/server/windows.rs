//! The windows that an HTTP/2 client gives to its streams (RFC 9113, section 5.2).

use std::collections::HashMap;

/// The window of a stream, or of the connection, to begin with (section 6.9.2).
const INITIAL: i64 = 65_535;

/// The name of a stream's window to begin with in SETTINGS (section 6.5.2).
const INITIAL_WINDOW_SIZE: u16 = 4;

/// The windows of the open streams of one connection. It is lenient: hyper objects to what is wrong.
pub(super) struct Windows {
    connection: i64,
    initial: i64,
    streams: HashMap<u32, Stream>,
    /// The last stream that the client has opened.
    last: u32,
    /// How many streams have been answered, and how many of them have no window.
    answered: usize,
    starved: usize,
}

#[derive(Clone, Copy)]
struct Stream {
    window: i64,
    is_answered: bool,
}

impl Stream {
    fn is_starved(self) -> bool {
        self.is_answered && self.window <= 0
    }
}

impl Default for Windows {
    fn default() -> Self {
        let streams = HashMap::new();
        Self { connection: INITIAL, initial: INITIAL, streams, last: 0, answered: 0, starved: 0 }
    }
}

impl Windows {
    /// Whether no stream is open.
    pub(super) fn is_idle(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether an answer has no window for its body.
    pub(super) fn is_starved(&self) -> bool {
        self.starved > 0 || self.connection <= 0 && self.answered > 0
    }

    /// The client opens a stream, unless these are its trailers.
    pub(super) fn open(&mut self, id: u32) {
        if id > self.last {
            self.last = id;
            self.streams.insert(id, Stream { window: self.initial, is_answered: false });
        }
    }

    /// The head of the answer leaves.
    pub(super) fn answer(&mut self, id: u32) {
        self.change(id, |stream| stream.is_answered = true);
    }

    /// A part of the answer's body leaves.
    pub(super) fn sent(&mut self, id: u32, length: usize) {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        self.connection = self.connection.saturating_sub(length);
        self.change(id, |stream| stream.window = stream.window.saturating_sub(length));
    }

    /// The client gives more window, by the payload of WINDOW_UPDATE.
    pub(super) fn update(&mut self, id: u32, payload: &[u8]) {
        let Ok(increment) = payload.try_into().map(u32::from_be_bytes) else { return };
        let increment = i64::from(increment & !(1 << 31));
        match id {
            0 => self.connection = self.connection.saturating_add(increment),
            _ => self.change(id, |stream| stream.window = stream.window.saturating_add(increment)),
        }
    }

    /// The client changes all windows, by the payload of SETTINGS.
    pub(super) fn settings(&mut self, payload: &[u8]) {
        for setting in payload.chunks_exact(6) {
            if setting[..2] != INITIAL_WINDOW_SIZE.to_be_bytes() {
                continue;
            }
            let initial = i64::from(u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]));
            let more = initial - std::mem::replace(&mut self.initial, initial);
            for stream in self.streams.values_mut() {
                stream.window = stream.window.saturating_add(more);
            }
            self.starved = self.streams.values().filter(|stream| stream.is_starved()).count();
        }
    }

    /// The answer has left, or one side has reset the stream.
    pub(super) fn close(&mut self, id: u32) {
        self.change(id, |stream| stream.is_answered = false);
        self.streams.remove(&id);
    }

    fn change(&mut self, id: u32, change: impl FnOnce(&mut Stream)) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let before = *stream;
        change(stream);
        self.answered = self.answered + usize::from(stream.is_answered) - usize::from(before.is_answered);
        self.starved = self.starved + usize::from(stream.is_starved()) - usize::from(before.is_starved());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_starved_while_its_answer_has_no_window() {
        let mut windows = Windows::default();
        windows.settings(&[0, 3, 0, 0, 0, 9, 0, 4, 0, 0, 0, 10]);
        windows.open(1);
        windows.sent(1, 10);
        assert!(!windows.is_idle() && !windows.is_starved());
        windows.answer(1);
        assert!(windows.is_starved());
        windows.update(1, &[0, 0, 0, 1]);
        assert!(!windows.is_starved());
        windows.settings(&[0, 4, 0, 0, 0, 0]);
        assert!(windows.is_starved());
        windows.open(1);
        windows.close(1);
        // Its trailers.
        windows.open(1);
        assert!(windows.is_idle() && !windows.is_starved());
    }

    #[test]
    fn all_are_starved_while_the_connection_has_no_window() {
        let mut windows = Windows::default();
        windows.settings(&[0, 4, 0, 1, 0, 0]);
        windows.open(3);
        windows.answer(3);
        windows.sent(3, 65_535);
        assert!(windows.is_starved());
        windows.update(0, &[128, 0, 0, 1]);
        assert!(!windows.is_starved());
    }
}
