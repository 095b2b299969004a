//! The state of things, and then its changes.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use serde::Serialize;

use super::{
    watch::Watch,
    watched::{Item, Watched},
};
use crate::{packet::packet::Packet, records::Seq};

/// A watcher that begins with the state of things: made by [`Watch::from`].
#[must_use = "a watcher does nothing until it is sent by `self.stream_all(..)`"]
pub struct WatchFrom<T, F> {
    watch: Watch<T>,
    /// The state, until it is there.
    state: Option<Pin<Box<F>>>,
}

impl<T> Watch<T> {
    /// Begins with the state of things: a packet of its own, before the changes with a greater number. The future gives
    /// the state, and the number of the last packet that is in it.
    ///
    /// The watcher is in its seat before the future is polled, so nothing falls between: read the
    /// [number](super::Hub::number) first and the state afterwards, and no change is missing. One that is in the state
    /// already may come once more.
    ///
    /// ```
    /// # use outflow::{Hub, action, controller};
    /// # struct Board { changes: Hub<u32> }
    /// # impl Board { async fn load(&self) -> Vec<u32> { Vec::new() } }
    /// #[controller]
    /// impl Board {
    ///     #[action]
    ///     async fn watch(&self) {
    ///         let state = async {
    ///             let number = self.changes.number("board");
    ///             (self.load().await, number)
    ///         };
    ///         self.stream_all(self.changes.watch("board").from(state));
    ///     }
    /// }
    /// ```
    pub fn from<F, S>(self, state: F) -> WatchFrom<T, F>
    where
        F: Future<Output = (S, u64)>,
        S: Serialize,
    {
        WatchFrom { watch: self, state: Some(Box::pin(state)) }
    }
}

impl<T, F> Unpin for WatchFrom<T, F> {}

impl<T, F, S> Stream for WatchFrom<T, F>
where
    F: Future<Output = (S, Seq)>,
    S: Serialize,
{
    type Item = Watched<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Watched<T>>> {
        let this = self.get_mut();
        if this.state.is_some() && this.watch.0.may_go_on() {
            ready!(this.watch.0.poll_known(cx));
        }
        if let Some(state) = this.state.as_mut().filter(|_| this.watch.0.may_go_on()) {
            // A right that is taken away meanwhile shows at once.
            this.watch.0.wait(cx);
            let (state, number) = ready!(state.as_mut().poll(cx));
            this.state = None;
            let mut packet = Packet::json(&state);
            packet.fields.id = this.watch.0.id(number);
            this.watch.0.go_on_after(&number.into());
            return Poll::Ready(Some(Watched::new(Item::Packet(packet))));
        }
        Pin::new(&mut this.watch).poll_next(cx)
    }
}

impl<T, F> fmt::Debug for WatchFrom<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.watch.fmt(f)
    }
}
