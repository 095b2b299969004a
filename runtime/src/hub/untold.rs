//! Members that have come or gone, of which the store has not been told.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use tokio::sync::Notify;

use super::sync::Mutex;

/// A topic, and a member of it.
pub(super) type Seat = (Arc<str>, Arc<str>);

/// The members that have come or gone since the store was told.
#[derive(Default)]
pub(super) struct Untold {
    state: Mutex<State>,
    /// Notified when there is something to tell.
    news: Notify,
}

#[derive(Default)]
struct State {
    /// Whether each of them is news. Otherwise it only keeps its lease.
    seats: HashMap<Seat, bool>,
    /// Whether a task tells the store.
    has_teller: bool,
}

impl Untold {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has the store told of these members. What is news stays news until it is told.
    pub(super) fn note(&self, seats: impl IntoIterator<Item = Seat>, is_news: bool) {
        self.with(|state| {
            for seat in seats {
                *state.seats.entry(seat).or_default() |= is_news;
            }
        });
        self.news.notify_one();
    }

    /// Takes everything that is to be told, and whether it is news.
    pub(super) fn take(&self) -> HashMap<Seat, bool> {
        self.with(|state| std::mem::take(&mut state.seats))
    }

    /// Waits for something to tell.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Whether a task has to be started that tells the store.
    pub(super) fn begin(&self) -> bool {
        self.with(|state| !std::mem::replace(&mut state.has_teller, true))
    }

    /// Ends the task, unless there is something to tell.
    pub(super) fn end(&self) -> bool {
        self.with(|state| {
            let is_over = state.seats.is_empty();
            state.has_teller &= !is_over;
            is_over
        })
    }

    /// Notes that the task has ended by itself.
    pub(super) fn has_ended(&self) {
        self.with(|state| state.has_teller = false);
    }
}
