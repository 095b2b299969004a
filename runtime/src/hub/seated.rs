//! The place of one watcher in its topic.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::http::StatusCode;

use super::{epoch::Epoch, topic::Topic};
use crate::{packet::notice::Stop, records::Seq};

/// A seat in a topic, until it is dropped.
pub(super) struct Seated {
    pub(super) topic: Arc<Topic>,
    pub(super) seat: usize,
    pub(super) epoch: Epoch,
    /// Whether it has asked the store where it begins, and has no answer yet.
    pub(super) is_asking: bool,
    revoked: Arc<AtomicBool>,
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.topic.leave(self.seat);
    }
}

impl Seated {
    /// Whether the seat has been taken away.
    pub(super) fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::Acquire)
    }

    /// Takes a seat; `None` if the topic has vanished, and an error if all are taken.
    pub(super) fn enter(topic: &Arc<Topic>, watchers: usize) -> Option<Result<(Self, Seq), Stop>> {
        let mut state = topic.lock();
        if state.is_gone {
            return None;
        }
        if state.seats.len() >= watchers {
            return Some(Err(unavailable("this topic has as many watchers as it may: try again in a moment")));
        }
        let (seat, revoked) = state.seats.enter();
        let (epoch, tail) = (state.ring.epoch(), state.ring.tail());
        let asked = state.copy.as_mut().filter(|copy| !copy.is_current());
        let is_asking = asked.map(|copy| copy.ask_for(seat)).is_some();
        topic.start_herald(state);
        Some(Ok((Self { topic: topic.clone(), seat, epoch, is_asking, revoked }, tail)))
    }
}

/// The end of an action that can't watch for now.
pub(super) fn unavailable(why: &'static str) -> Stop {
    Stop { status: StatusCode::SERVICE_UNAVAILABLE, detail: why.into(), gap: None }
}
