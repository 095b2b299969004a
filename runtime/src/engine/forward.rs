//! `self.stream_all(s)`: every item of a stream as a packet.

use std::{future::poll_fn, pin::pin};

use super::channel::Sender;
use crate::packet::{
    content::Streamable,
    offer::{Offer, OfferAll, PollNext, Takes},
};

/// A stream that is about to be sent whole.
///
/// A stream of `Result`s ends at its first error and gives it to the caller. The choice between the two is made by
/// Rust's method lookup, where the macro knows the type (see [`outcome`](super::outcome)).
///
/// The item is a parameter of the type, and no bound of [`sent`](SendAll::sent) leads from the stream to its item. An
/// action has to be `Send`, which rustc proves for all lifetimes at once: it would have to look up the item for all of
/// them, but a closure over borrowed items is a function of one.
#[derive(Debug)]
pub struct Forward<'a, S, T, I> {
    sender: &'a Sender,
    offer: OfferAll<S, T, I>,
}

impl Sender {
    /// Prepares to send every item of a stream.
    pub fn forward<S, T, I>(&self, offer: OfferAll<S, T, I>) -> Forward<'_, S, T, I> {
        Forward { sender: self, offer }
    }
}

impl<'a, S, P, E, I> Forward<'a, S, Result<P, E>, I> {
    /// Sends every `Ok`, up to the first `Err`.
    pub fn all(self) -> SendAll<'a, S, Result<P, E>, P, Result<(), E>>
    where
        P: Streamable,
        I: Takes<P>,
    {
        SendAll::new(self, |item| item.map(I::offer).map_err(Err), || Ok(()))
    }
}

/// A stream of anything but `Result`s.
pub trait ForwardAll<'a, S, T, I> {
    /// Sends every item.
    fn all(self) -> SendAll<'a, S, T, T, ()>
    where
        T: Streamable,
        I: Takes<T>;
}

impl<'a, S, T, I> ForwardAll<'a, S, T, I> for Forward<'a, S, T, I> {
    fn all(self) -> SendAll<'a, S, T, T, ()>
    where
        T: Streamable,
        I: Takes<T>,
    {
        SendAll::new(self, |item| Ok(I::offer(item)), || ())
    }
}

/// A stream of `T`s that is sent as packets `P` and comes to the value `V`. It has no bounds, so that a mistake is
/// reported once: by the call that makes it.
#[derive(Debug)]
pub struct SendAll<'a, S, T, P, V> {
    sender: &'a Sender,
    stream: S,
    next: PollNext<S, T>,
    /// The packet of an item, or the value of the call if the item ends it.
    packet: fn(T) -> Result<Offer<P>, V>,
    end: fn() -> V,
}

impl<'a, S, T, P, V> SendAll<'a, S, T, P, V> {
    fn new<I>(forward: Forward<'a, S, T, I>, packet: fn(T) -> Result<Offer<P>, V>, end: fn() -> V) -> Self {
        let OfferAll { stream, next, .. } = forward.offer;
        Self { sender: forward.sender, stream, next, packet, end }
    }

    /// Sends the stream to its end, at the pace of the client.
    pub async fn sent(self) -> V {
        let mut stream = pin!(self.stream);
        while let Some(item) = poll_fn(|context| (self.next)(stream.as_mut(), context)).await {
            match (self.packet)(item) {
                Ok(offer) => self.sender.offer(offer).await,
                Err(value) => return value,
            }
        }
        (self.end)()
    }
}
