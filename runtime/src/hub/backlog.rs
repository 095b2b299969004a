//! What a watcher has read and not given on yet.

use std::vec;

use bytes::Bytes;

use crate::{
    packet::gap::Gap,
    records::{Seq, piece::Records},
};

/// The records of one read, and the gap in front of them.
#[derive(Default)]
pub(super) struct Backlog {
    pub(super) gap: Option<Gap>,
    /// Records with consecutive numbers.
    page: Records,
    /// Records with numbers of their own.
    newest: vec::IntoIter<(Seq, Bytes)>,
}

impl Backlog {
    pub(super) fn of_page(page: Records) -> Self {
        Self { page, ..Self::default() }
    }

    pub(super) fn of_newest(newest: Vec<(Seq, Bytes)>) -> Self {
        Self { newest: newest.into_iter(), ..Self::default() }
    }

    /// The next record and its number, after the one with the number `last`.
    pub(super) fn pop(&mut self, last: Seq) -> Option<(Seq, Bytes)> {
        if let Some(record) = self.page.take_first() {
            return Some((last + 1, record));
        }
        self.newest.next()
    }
}
