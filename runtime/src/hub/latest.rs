//! A watcher that wants the newest packet alone: `self.latest(hub.watch(topic))`.

use std::{future::poll_fn, pin::Pin};

use futures_core::Stream as _;

use super::{backlog::Backlog, settings::Lag, watch::Watch, watched::Watched};
use crate::packet::latest::{LatestSource, LatestValues};

/// It begins with the last packet. In a hub with [`Lag::Latest`] it is the newest one of each key.
#[diagnostic::do_not_recommend]
impl<T> LatestSource for Watch<T> {
    type Values = Self;

    fn into_values(mut self) -> Self {
        // One that wants the newest alone never falls behind.
        if matches!(self.0.lag, Lag::Close) {
            self.0.lag = Lag::Tell;
        }
        self.latest()
    }
}

impl<T> LatestValues for Watch<T> {
    type Item = Watched<T>;

    /// What was published has its name, or none.
    fn named(self) -> Self {
        self
    }

    async fn newest(&mut self) -> Option<Watched<T>> {
        loop {
            self.skip_to_newest();
            let item = poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await;
            // Overtaken between the two by more than the topic keeps.
            let is_overtaken = item.as_ref().is_some_and(|item| item.gap().is_some());
            if !is_overtaken || matches!(self.0.lag, Lag::Latest(_)) {
                return item;
            }
        }
    }
}

impl<T> Watch<T> {
    /// Passes over everything but the last packet, which is no gap to those who want nothing else.
    fn skip_to_newest(&mut self) {
        let Ok(seated) = &self.0.place else { return };
        if !matches!(self.0.lag, Lag::Latest(_)) {
            let state = seated.topic.lock();
            let (tail, is_known) = (state.ring.tail(), !seated.is_asking && state.ring.epoch() == seated.epoch);
            drop(state);
            if is_known && tail > self.0.last + 1 {
                self.0.backlog = Backlog::default();
                self.0.last = tail - 1;
            }
        }
    }
}
