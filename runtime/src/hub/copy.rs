//! How far the copy of a store's topic has come.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Notify;

use super::epoch::Epoch;
use crate::records::Seq;

/// How far a copy has come. A reading of the store closes the questions that were asked before it began.
#[derive(Default)]
pub(super) struct Copy {
    /// The number of questions so far, and of those that have been answered.
    asked: u64,
    answered: u64,
    /// The number of the last question that could not be answered.
    #[cfg(feature = "redis")]
    failed: u64,
    /// The watchers that have asked, by their seats.
    askers: HashMap<usize, Asker>,
    /// The question since which news come by themselves.
    joined: Option<u64>,
    /// The time of the last revocation that is known here, by the clock of the store.
    #[cfg(feature = "redis")]
    pub(super) revoked: u64,
    /// The number after which newest packets may be missing, while only some pages of a reading have come.
    #[cfg(feature = "redis")]
    pub(super) behind: Option<Seq>,
    /// Whether a task keeps the copy up to date.
    #[cfg(feature = "redis")]
    pub(super) is_linked: bool,
    /// Wakes that task.
    pub(super) questions: Arc<Notify>,
    /// Notified when watchers no longer wait.
    pub(super) answers: Arc<Notify>,
}

/// A watcher that waits to know where it begins.
struct Asker {
    question: u64,
    /// The end of the topic when the question was closed; `None` within if the store could not be read.
    answer: Option<Option<End>>,
}

/// The epoch of a topic, and the number of its last record.
pub(super) type End = (Epoch, Seq);

impl Copy {
    /// Asks for a reading that begins from now on. Returns the number of the question.
    pub(super) fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.questions.notify_one();
        self.asked
    }

    /// Asks for the watcher in this seat.
    pub(super) fn ask_for(&mut self, seat: usize) {
        let question = self.ask();
        self.askers.insert(seat, Asker { question, answer: None });
    }

    /// Takes the answer for this seat, if there is one.
    pub(super) fn take_answer(&mut self, seat: usize) -> Option<Option<End>> {
        let answer = self.askers.get(&seat)?.answer?;
        self.askers.remove(&seat);
        Some(answer)
    }

    /// Forgets what the watcher in this seat has asked.
    pub(super) fn leave(&mut self, seat: usize) {
        if self.askers.remove(&seat).is_some() {
            self.answers.notify_waiters();
        }
    }

    /// Whether all news have come, or will come by themselves.
    pub(super) fn is_current(&self) -> bool {
        self.joined.is_some_and(|joined| self.answered >= joined)
    }

    /// The number of the last question.
    pub(super) fn asked(&self) -> u64 {
        self.asked
    }

    /// Whether a watcher waits that has asked this question, or one before it.
    pub(super) fn is_awaited(&self, question: u64) -> bool {
        self.askers.values().any(|asker| asker.question <= question && asker.answer.is_none())
    }
}

/// What the task does that keeps the copy up to date.
#[cfg(feature = "redis")]
impl Copy {
    /// Answers all questions up to this one, or gives them up. Returns whether one of them had been open.
    pub(super) fn close(&mut self, question: u64, is_read: bool, end: End) -> bool {
        let was_open = question > self.answered.max(self.failed);
        let last = if is_read { &mut self.answered } else { &mut self.failed };
        *last = question.max(*last);
        for asker in self.askers.values_mut().filter(|asker| asker.question <= question) {
            asker.answer.get_or_insert(is_read.then_some(end));
        }
        self.answers.notify_waiters();
        was_open
    }

    /// News come by themselves from now on.
    pub(super) fn join(&mut self) {
        self.joined = Some(self.ask());
    }

    /// News have ceased to come.
    pub(super) fn lose(&mut self) {
        self.joined = None;
    }
}
