//! Offers: the values of `self.stream` and its relatives, before the action's sender takes them. With `item = T` their
//! types are checked here.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use serde::Serialize;

use super::{
    content::{Content, Streamable},
    packet::Packet,
};

/// A packet that is about to be sent.
#[derive(Debug)]
#[must_use = "nothing is sent here: only `self.stream(..)`, written so in a method of the controller, sends a packet"]
pub struct Offer<P> {
    pub(crate) packet: P,
    /// Carried along, so that a packet of a wrong type is reported once: by the call of `stream`.
    pub(crate) content: fn(&P) -> Content<'_>,
}

impl<P: Streamable> Offer<P> {
    pub(crate) fn new(packet: P) -> Self {
        Self { packet, content: P::content }
    }

    /// The offer of a packet whose variant names its event.
    fn named(packet: P) -> Self {
        Self { packet, content: P::named }
    }
}

/// The streams that `self.stream_all(..)` takes: all of them. A trait of our own, for the error message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream",
    label = "`self.stream_all(..)` takes a stream",
    note = "`futures_util::stream::iter(..)` makes a stream of a collection or an iterator, and `stream::once(..)` makes one of a future"
)]
pub trait PacketStream: Sized {
    /// The item of the stream.
    type Item;

    /// The offer of all its items.
    fn offer(self) -> OfferAll<Self, Self::Item>;
}

#[diagnostic::do_not_recommend]
impl<S: Stream> PacketStream for S {
    type Item = S::Item;

    fn offer(self) -> OfferAll<S, S::Item> {
        OfferAll { stream: self, next: S::poll_next, items: PhantomData }
    }
}

/// A stream whose items are about to be sent.
#[derive(Debug)]
#[must_use = "`#[controller]` does not see this call, so nothing is sent"]
pub struct OfferAll<S, T, I = Any> {
    pub(crate) stream: S,
    /// Carried along, so that a value that is not a stream is reported once: by the call of `stream_all`.
    pub(crate) next: PollNext<S, T>,
    items: PhantomData<fn() -> I>,
}

/// [`Stream::poll_next`] of `S`, whose items are `T`s.
pub(crate) type PollNext<S, T> = fn(Pin<&mut S>, &mut Context<'_>) -> Poll<Option<T>>;

/// A request for an emitter.
#[derive(Debug)]
pub struct AskEmitter {
    /// Whether the variants of its packets name their events.
    pub(crate) is_named: bool,
}

/// The packets of an action with `item = T`: a `T`, a `&T`, or a [`Packet`].
#[diagnostic::on_unimplemented(
    message = "this action sends packets of the type `{T}`, and this is a `{Self}`",
    label = "expected `{T}`, `&{T}` or `outflow::Packet`"
)]
pub trait ItemOf<T>: Streamable {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ItemOf<T> for T {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> ItemOf<T> for &T {}

#[diagnostic::do_not_recommend]
impl<T> ItemOf<T> for Packet {}

/// Checks one packet.
pub fn item<T, P: ItemOf<T>>(offer: Offer<P>) -> Offer<P> {
    offer
}

/// Checks one packet of an action with `event = tag`, and has its variant name the event.
pub fn named_item<T, P: ItemOf<T>>(offer: Offer<P>) -> Offer<P> {
    Offer::named(offer.packet)
}

/// Checks each item of a stream, or each `Ok` of a stream of `Result`s. Which of the two it is becomes known when the
/// stream is sent.
pub fn items<I, S, T>(offer: OfferAll<S, T>) -> OfferAll<S, T, Only<I>> {
    OfferAll { stream: offer.stream, next: offer.next, items: PhantomData }
}

/// The same for an action with `event = tag`.
pub fn named_items<I, S, T>(offer: OfferAll<S, T>) -> OfferAll<S, T, Named<I>> {
    OfferAll { stream: offer.stream, next: offer.next, items: PhantomData }
}

/// The emitter of an action with `event = tag`.
pub fn named_emitter(_: AskEmitter) -> AskEmitter {
    AskEmitter { is_named: true }
}

/// The items of an action without `item`: anything.
#[derive(Debug)]
pub struct Any;

/// The items of an action with `item = T`.
#[derive(Debug)]
pub struct Only<T>(PhantomData<fn() -> T>);

/// The items of an action with `item = T, event = tag`.
#[derive(Debug)]
pub struct Named<T>(PhantomData<fn() -> T>);

/// The items among which packets of the type `P` are.
pub trait Takes<P> {
    /// Whether the variant of each names its event.
    const IS_NAMED: bool = false;

    /// The offer of one of them.
    fn offer(packet: P) -> Offer<P>;
}

impl<P: Streamable> Takes<P> for Any {
    fn offer(packet: P) -> Offer<P> {
        Offer::new(packet)
    }
}

impl<T, P: ItemOf<T>> Takes<P> for Only<T> {
    fn offer(packet: P) -> Offer<P> {
        Offer::new(packet)
    }
}

impl<T, P: ItemOf<T>> Takes<P> for Named<T> {
    const IS_NAMED: bool = true;

    fn offer(packet: P) -> Offer<P> {
        Offer::named(packet)
    }
}
