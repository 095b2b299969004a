//! The journal of a request: everything that has come for it, and when. Waits look at it, and a failing one prints it.

use std::{
    fmt::{self, Write as _},
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, Version};
use tokio::{sync::Notify, time::Instant};

use super::{
    decode::{Decoder, End, Item, decoder},
    received::Received,
};
use crate::packet::gap::Gap;

/// The journal of one request.
#[derive(Debug)]
pub(super) struct Journal {
    /// The request, for messages.
    pub(super) request: String,
    pub(super) uri: Uri,
    pages: Mutex<Pages>,
    pub(super) changed: Notify,
}

/// The content of a journal.
pub(super) struct Pages {
    start: Instant,
    pub(super) head: Option<Response<()>>,
    /// What is between the fields of a table.
    delimiter: u8,
    decoder: Option<Box<dyn Decoder>>,
    pub(super) body: Vec<u8>,
    pub(super) packets: Vec<(Duration, Received)>,
    /// How many packets the test has read.
    pub(super) packets_read: usize,
    /// The gaps that have come, and how many packets before each.
    gaps: Vec<(usize, Gap)>,
    /// How many gaps the test has read.
    gaps_read: usize,
    /// The names of a table's columns, once the test has read a packet by name.
    pub(super) columns: Option<csv::StringRecord>,
    pub(super) heartbeats: usize,
    /// How many heartbeats the test has seen.
    pub(super) heartbeats_read: usize,
    pub(super) end: Option<End>,
    /// Whether the last byte has come, which may be after the record that is the end.
    pub(super) is_over: bool,
    /// Whether the test has looked at the end, or has left before it.
    pub(super) is_settled: bool,
    /// Whether the client has stopped reading.
    pub(super) is_stalled: bool,
    /// When the client left.
    pub(super) left: Option<Instant>,
    lines: Vec<(Duration, String)>,
}

impl Journal {
    pub(super) fn new(method: &Method, uri: Uri, delimiter: u8) -> Self {
        let pages = Pages {
            start: Instant::now(),
            head: None,
            delimiter,
            decoder: None,
            body: Vec::new(),
            packets: Vec::new(),
            packets_read: 0,
            gaps: Vec::new(),
            gaps_read: 0,
            columns: None,
            heartbeats: 0,
            heartbeats_read: 0,
            end: None,
            is_over: false,
            is_settled: false,
            is_stalled: false,
            left: None,
            lines: Vec::new(),
        };
        Self { request: format!("{method} {uri}"), uri, pages: Mutex::new(pages), changed: Notify::new() }
    }

    /// Whether the request was to this path, with this query if one is given.
    pub(super) fn is_to(&self, path: &str) -> bool {
        self.uri.path() == path || self.uri == *path
    }

    pub(super) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until this holds.
    pub(super) async fn once(&self, holds: impl Fn(&Pages) -> bool) {
        loop {
            let mut change = pin!(self.changed.notified());
            change.as_mut().enable();
            if holds(&self.pages()) {
                return;
            }
            change.await;
        }
    }

    /// Changes the journal, and wakes those that wait for a change.
    pub(super) fn write<T>(&self, change: impl FnOnce(&mut Pages) -> T) -> T {
        let value = change(&mut self.pages());
        self.changed.notify_waiters();
        value
    }
}

impl Pages {
    /// The head has come.
    pub(super) fn head(&mut self, status: StatusCode, version: Version, headers: HeaderMap) {
        self.decoder = Some(decoder(status, &headers, self.delimiter));
        let content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("no content");
        self.line(format!("{status}, {content_type}"));
        let mut head = Response::new(());
        (*head.status_mut(), *head.version_mut(), *head.headers_mut()) = (status, version, headers);
        self.head = Some(head);
    }

    /// Bytes of the body have come.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
        self.decode(|decoder, items| decoder.push(bytes, items));
    }

    /// Nothing more has come for now.
    pub(super) fn pause(&mut self) {
        self.decode(|decoder, items| decoder.pause(items));
    }

    /// The body has ended cleanly.
    pub(super) fn finish(&mut self) {
        self.decode(|decoder, items| decoder.finish(items));
        self.is_over = true;
    }

    /// The response has broken off.
    pub(super) fn cut(&mut self, why: String) {
        self.item(Item::End(End::Cut(why)));
        self.is_over = true;
    }

    fn decode(&mut self, step: impl FnOnce(&mut dyn Decoder, &mut Vec<Item>)) {
        let mut items = Vec::new();
        if let Some(decoder) = &mut self.decoder {
            step(&mut **decoder, &mut items);
        }
        items.into_iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: Item) {
        match item {
            // What comes after an end means nothing.
            _ if self.end.is_some() => {}
            Item::Packet(packet) => {
                let name = packet.name().map(|name| format!(" `{name}`")).unwrap_or_default();
                self.line(format!("packet{name}: {}", Short(&packet.text())));
                self.packets.push((self.start.elapsed(), packet));
            }
            Item::Gap(gap) => {
                self.line(format!("gap: {}", gap.to_json()));
                self.gaps.push((self.packets.len(), gap));
            }
            Item::Heartbeat => {
                self.heartbeats += 1;
                self.line("heartbeat".to_owned());
            }
            Item::Note(note) => self.line(note),
            Item::End(end) => {
                self.line(end.to_string());
                self.end = Some(end);
            }
        }
    }

    /// The client leaves, unless it has left before.
    pub(super) fn leave(&mut self) {
        if self.left.is_none() {
            self.left = Some(Instant::now());
            if self.end.is_none() {
                self.line("the client left".to_owned());
            }
        }
    }

    /// Adds a line for messages.
    fn line(&mut self, line: String) {
        self.lines.push((self.start.elapsed(), line));
    }

    /// Whether packets were missed before the one that the test reads next.
    pub(super) fn is_gap_next(&self) -> bool {
        self.gaps.get(self.gaps_read).is_some_and(|(before, _)| *before <= self.packets_read)
    }

    /// The gap before the packet that the test reads next.
    pub(super) fn next_gap(&mut self) -> Option<Gap> {
        let gap = self.is_gap_next().then(|| self.gaps[self.gaps_read].1.clone())?;
        self.gaps_read += 1;
        Some(gap)
    }

    /// The packet that the test reads next.
    pub(super) fn next_packet(&mut self) -> Option<Received> {
        let (_, packet) = self.packets.get(self.packets_read)?;
        self.packets_read += 1;
        Some(packet.clone())
    }
}

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lines.is_empty() {
            return f.write_str("  nothing");
        }
        for (index, (at, line)) in self.lines.iter().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            write!(f, "  {:>9.3} s  {line}", at.as_secs_f64())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(None) => f.write_str("done"),
            Self::Done(Some(result)) => write!(f, "done: {}", Short(result)),
            Self::Failed(failed) => write!(f, "failed: {failed}"),
            Self::Cut(why) => write!(f, "cut: {why}"),
        }
    }
}

/// The beginning of a text that may be long.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(200) {
            Some((end, _)) => write!(f, "{}… ({} bytes)", &self.0[..end], self.0.len()),
            None => f.write_str(self.0.trim_end()),
        }
    }
}
