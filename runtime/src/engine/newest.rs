//! `self.latest(source)`: the newest value, whenever the client can take one.

use std::future::poll_fn;

use futures_util::FutureExt as _;

use super::channel::Sender;
use crate::packet::{
    latest::{LatestValues, OfferLatest, SourceEnded},
    offer::{Offer, Takes},
};

/// A source whose newest value is about to be sent, again and again.
#[derive(Debug)]
pub struct SendLatest<'a, V, I> {
    sender: &'a Sender,
    offer: OfferLatest<V, I>,
}

impl Sender {
    /// Prepares to send the newest value of a source.
    pub fn newest<V, I>(&self, offer: OfferLatest<V, I>) -> SendLatest<'_, V, I> {
        SendLatest { sender: self, offer }
    }
}

impl<'a, V, I> SendLatest<'a, V, I> {
    /// Checks the type of the values.
    pub fn all(self) -> SendNewest<'a, V, V::Item>
    where
        V: LatestValues,
        I: Takes<V::Item>,
    {
        let values = self.offer.values;
        SendNewest { sender: self.sender, values: if I::IS_NAMED { values.named() } else { values }, offer: I::offer }
    }
}

/// A source of values `P` of the right type. It has few bounds, so that a mistake is reported once: by the call that makes it.
#[derive(Debug)]
pub struct SendNewest<'a, V, P> {
    sender: &'a Sender,
    values: V,
    offer: fn(P) -> Offer<P>,
}

impl<V: LatestValues> SendNewest<'_, V, V::Item> {
    /// Sends until the source has ended. A value is taken only when everything before it has left, so what waits for a slow
    /// client is never stale.
    pub async fn sent(self) -> SourceEnded {
        let Self { sender, mut values, offer } = self;
        loop {
            poll_fn(|cx| sender.channel.poll_left(cx)).await;
            let Some(value) = values.newest().await else { return SourceEnded };
            sender.offer(offer(value)).await;
            // A source may have the newest of several things, whose end shows in the next round.
            while let Some(Some(value)) = values.newest().now_or_never() {
                sender.offer(offer(value)).await;
            }
        }
    }
}
