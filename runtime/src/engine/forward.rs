//! `self.stream_all(s)`: every item of a stream as a packet.

use std::{marker::PhantomData, pin::pin};

use futures_core::Stream;
use futures_util::StreamExt as _;

use super::channel::Sender;
use crate::packet::{
    content::Streamable,
    offer::{Offer, OfferAll, Takes},
};

/// A stream that is about to be sent whole.
///
/// A stream of `Result`s ends at its first error and gives it to the caller. Where the macro knows the type, it chooses between
/// the two by the order in which Rust looks for a method (see [`outcome`](super::outcome)).
#[derive(Debug)]
pub struct Forward<'a, S, I> {
    sender: &'a Sender,
    stream: S,
    items: PhantomData<fn() -> I>,
}

impl Sender {
    /// Prepares to send every item of a stream.
    pub fn forward<S, I>(&self, offer: OfferAll<S, I>) -> Forward<'_, S, I> {
        Forward { sender: self, stream: offer.0, items: PhantomData }
    }
}

impl<S, I, P, E> Forward<'_, S, I>
where
    S: Stream<Item = Result<P, E>>,
{
    /// Sends every `Ok`, up to the first `Err`.
    pub async fn all(self) -> Result<(), E>
    where
        P: Streamable,
        I: Takes<P>,
    {
        let mut stream = pin!(self.stream);
        while let Some(item) = stream.next().await {
            let packet = item?;
            let sent = self.sender.offer(Offer::new(packet));
            sent.await;
        }
        Ok(())
    }
}

/// A stream of anything but `Result`s.
pub trait ForwardAll<S, I> {
    /// Sends every item.
    fn all(self) -> impl Future<Output = ()>
    where
        S: Stream<Item: Streamable>,
        I: Takes<S::Item>;
}

impl<S, I> ForwardAll<S, I> for Forward<'_, S, I> {
    async fn all(self)
    where
        S: Stream<Item: Streamable>,
        I: Takes<S::Item>,
    {
        let mut stream = pin!(self.stream);
        while let Some(packet) = stream.next().await {
            let sent = self.sender.offer(Offer::new(packet));
            sent.await;
        }
    }
}
