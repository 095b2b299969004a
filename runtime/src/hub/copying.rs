//! From a store into the copy of a topic.

use std::{sync::Arc, task::Waker, time::Duration};

use tokio::{sync::Notify, time::Instant};

use super::{
    copy::Copy,
    epoch::Epoch,
    ring::Ring,
    settings::Settings,
    sync::MutexGuard,
    topic::{Topic, TopicState},
};
use crate::records::Seq;

/// What a copy has already.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) epoch: Epoch,
    pub(super) tail: Seq,
    /// The number up to which it has the newest record of each key.
    pub(super) newest: Seq,
    /// The time of the last revocation.
    pub(super) revoked: u64,
}

/// A part of a topic in its store.
pub(super) struct Reading {
    pub(super) epoch: Epoch,
    /// The numbers of the last and of the first record that is kept.
    pub(super) tail: Seq,
    pub(super) first: Seq,
    /// Records by their numbers, and how old they are.
    pub(super) records: Vec<(Seq, Duration, Vec<u8>)>,
    /// The last record that was dropped although no newer one has its key.
    pub(super) forgotten: Seq,
    /// The newest record of each key. Empty, unless the records are the last ones.
    pub(super) newest: Vec<(Seq, String, Vec<u8>)>,
    /// The time of the last revocation; whose rights were taken away since those that were known, and how long ago.
    pub(super) revoked: u64,
    pub(super) members: Vec<(String, Duration)>,
}

/// News of one packet.
pub(super) struct News<'a> {
    pub(super) epoch: Epoch,
    pub(super) number: Seq,
    pub(super) key: Option<&'a str>,
    pub(super) record: &'a [u8],
}

impl Topic {
    /// Whether a task has to be started that keeps the copy up to date.
    pub(super) fn begin_link(&self) -> bool {
        let mut state = self.lock();
        let Some(copy) = state.copy.as_mut().filter(|copy| !copy.is_linked) else { return false };
        copy.is_linked = true;
        // The listener of the task before may have been called once more since that has ended.
        copy.lose();
        true
    }

    /// The last question; `None` if nobody watches any more, and the task must end.
    pub(super) fn next_question(&self) -> Option<u64> {
        let mut state = self.lock();
        if state.seats.len() == 0 {
            end_link(&mut state);
            return None;
        }
        state.copy.as_ref().map(Copy::asked)
    }

    /// Notes that the task has ended by itself. Nobody answers any more.
    pub(super) fn end_link(&self) {
        let mut state = self.lock();
        end_link(&mut state);
        let end = (state.ring.epoch(), state.ring.tail());
        if let Some(copy) = &mut state.copy {
            copy.close(copy.asked(), false, end);
        }
        self.wake_all(state);
    }

    /// Notified of questions.
    pub(super) fn questions(&self) -> Option<Arc<Notify>> {
        self.lock().copy.as_ref().map(|copy| copy.questions.clone())
    }

    /// Answers all questions up to this one, or gives them up. Returns whether news come by themselves.
    pub(super) fn close_questions(&self, question: u64, is_read: bool) -> bool {
        let mut state = self.lock();
        let end = (state.ring.epoch(), state.ring.tail());
        let Some(copy) = &mut state.copy else { return false };
        let was_open = copy.close(question, is_read, end);
        let is_current = copy.is_current();
        if was_open {
            self.wake_all(state);
        }
        is_current
    }

    fn wake_all(&self, state: MutexGuard<'_, TopicState>) {
        if state.seats.is_awaited() {
            self.wake(state);
        }
    }

    /// News come by themselves from now on, or no longer.
    pub(super) fn joined(&self, is_joined: bool) {
        match &mut self.lock().copy {
            Some(copy) if is_joined => copy.join(),
            Some(copy) => copy.lose(),
            None => {}
        }
    }

    pub(super) fn known(&self) -> Known {
        let state = self.lock();
        let (epoch, tail) = (state.ring.epoch(), state.ring.tail());
        let (behind, revoked) = state.copy.as_ref().map_or((None, 0), |copy| (copy.behind, copy.revoked));
        Known { epoch, tail, newest: behind.unwrap_or(tail), revoked }
    }

    /// Takes over what was read. Returns whether that was all there is.
    pub(super) fn take_over(&self, reading: Reading, settings: &Settings) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        if state.ring.epoch() != reading.epoch {
            state.ring = Ring::new(reading.epoch);
            if let Some(copy) = &mut state.copy {
                copy.behind = None;
            }
        }
        let ring = &mut state.ring;
        let before = ring.tail();
        ring.skip_to(reading.first);
        for (number, age, record) in &reading.records {
            ring.skip_to(*number);
            if *number == ring.tail() + 1 {
                // A record as large as this was published, so it can be kept.
                let _ = ring.push(record, settings, now.checked_sub(*age).unwrap_or(now));
            }
        }
        ring.newest.forget(reading.forgotten);
        for (number, key, record) in reading.newest {
            ring.newest.put_late(key, number, &record, settings);
        }
        let is_whole = reading.records.last().is_none_or(|(number, ..)| *number >= reading.tail);
        if is_whole {
            ring.skip_to(reading.tail + 1);
        }
        state.last = now;
        let mut wakers = Vec::new();
        for (member, age) in &reading.members {
            // Ages are in whole milliseconds.
            state.seats.revoke(member, age.saturating_sub(Duration::from_millis(2)), &mut wakers);
        }
        if let Some(copy) = &mut state.copy {
            copy.revoked = reading.revoked;
            // The newest records come with the last page.
            copy.behind = (!is_whole).then(|| copy.behind.unwrap_or(before));
        }
        self.wake_all(state);
        wakers.into_iter().for_each(Waker::wake);
        is_whole
    }

    /// Takes over the news of a packet, or asks for a reading if it is not the next one.
    pub(super) fn hear(&self, news: &News<'_>, settings: &Settings) {
        let mut state = self.lock();
        let is_same = state.ring.epoch() == news.epoch;
        // Watchers that have this packet would never get newest ones before it that are still to be read.
        let is_behind = state.copy.as_ref().is_some_and(|copy| copy.behind.is_some());
        if !is_same || is_behind || news.number > state.ring.tail() + 1 {
            if let Some(copy) = &mut state.copy {
                copy.ask();
            }
            return;
        }
        if news.number <= state.ring.tail() {
            return;
        }
        let now = Instant::now();
        state.last = now;
        let _ = state.ring.push(news.record, settings, now);
        if let Some(key) = news.key {
            state.ring.newest.put(key.to_owned(), news.number, news.record, settings);
        }
        self.wake_all(state);
    }

    /// Sends the watchers of a member away, whose right was taken away at this time.
    pub(super) fn hear_revoked(&self, at: u64, member: &str) {
        if let Some(copy) = &self.lock().copy {
            // A reading finds this one again, and those before it that were missed.
            if at <= copy.revoked {
                return;
            }
        }
        self.revoke(member);
    }
}

fn end_link(state: &mut TopicState) {
    if let Some(copy) = &mut state.copy {
        copy.is_linked = false;
        copy.lose();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(epoch: Epoch, records: &[Seq], tail: Seq, newest: &[Seq]) -> Reading {
        let records = records.iter().map(|number| (*number, Duration::ZERO, vec![b'j'])).collect();
        let newest = newest.iter().map(|number| (*number, number.to_string(), vec![b'j'])).collect();
        Reading { epoch, tail, first: 1, records, forgotten: 0, newest, revoked: 0, members: Vec::new() }
    }

    /// A watcher that had the packet between two pages would never get those before it.
    #[test]
    fn no_news_come_between_two_pages_of_a_reading() {
        let reading = || {
            let (topic, settings, epoch) = (Topic::new("a".into(), true), Settings::default(), Epoch::random());
            assert!(!topic.take_over(page(epoch, &[1, 2], 3, &[]), &settings));
            let asked = topic.lock().copy.as_ref().map(Copy::asked);
            topic.hear(&News { epoch, number: 3, key: Some("3"), record: b"j" }, &settings);
            assert_ne!(topic.lock().copy.as_ref().map(Copy::asked), asked);
            assert!(topic.lock().ring.newest.read(0, 100).is_empty());
            assert_eq!((topic.known().tail, topic.known().newest), (2, 0));
            assert!(topic.take_over(page(epoch, &[3], 3, &[1, 2, 3]), &settings));
            assert_eq!((topic.known().tail, topic.known().newest), (3, 3));
            topic.hear(&News { epoch, number: 4, key: Some("4"), record: b"j" }, &settings);
            let newest = topic.lock().ring.newest.read(0, 100);
            assert_eq!(newest.into_iter().map(|(number, _)| number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        };
        shuttle::check_random(reading, 1);
    }
}
