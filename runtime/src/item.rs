//! Typed items: with `item = T`, every packet of an action is a `T`.

use std::marker::PhantomData;

use serde::Serialize;

use crate::{
    Packet,
    packet::Streamable,
    streams::{Offer, OfferAll},
};

/// What an action with `item = T` may send: a `T`, a `&T`, or a [`Packet`].
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

/// Checks each item of a stream, or each `Ok` of a stream of `Result`s: which of them it is, is decided when the
/// stream is sent.
pub fn items<T, S>(offer: OfferAll<S>) -> OfferAll<S, Only<T>> {
    OfferAll(offer.0, PhantomData)
}

/// An action without `item` sends anything.
#[derive(Debug)]
pub struct Any;

/// An action with `item = T` sends these.
#[derive(Debug)]
pub struct Only<T>(PhantomData<fn() -> T>);

/// Whether a packet of the type `P` may be sent.
pub trait Takes<P> {}

impl<P: Streamable> Takes<P> for Any {}

impl<T, P: ItemOf<T>> Takes<P> for Only<T> {}
