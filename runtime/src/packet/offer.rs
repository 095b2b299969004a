//! Offers: the values of the calls of the language, before the action's sender takes them. With `item = T` their types are
//! checked here.

use std::marker::PhantomData;

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
}

/// A stream whose items are about to be sent.
#[derive(Debug)]
#[must_use = "`#[controller]` does not see this call, so nothing is sent"]
pub struct OfferAll<S, I = Any>(pub(crate) S, pub(crate) PhantomData<fn() -> I>);

/// A request for an emitter.
#[derive(Debug)]
pub struct AskEmitter;

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

/// Checks each item of a stream, or each `Ok` of a stream of `Result`s. Which of the two it is becomes known when the
/// stream is sent.
pub fn items<T, S>(offer: OfferAll<S>) -> OfferAll<S, Only<T>> {
    OfferAll(offer.0, PhantomData)
}

/// The items of an action without `item`: anything.
#[derive(Debug)]
pub struct Any;

/// The items of an action with `item = T`.
#[derive(Debug)]
pub struct Only<T>(PhantomData<fn() -> T>);

/// The items among which packets of the type `P` are.
pub trait Takes<P> {}

impl<P: Streamable> Takes<P> for Any {}

impl<T, P: ItemOf<T>> Takes<P> for Only<T> {}
