//! `self.latest(source)`: the newest value of something that changes.

use std::{fmt, future::Future, marker::PhantomData};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::sync::watch;

use super::{
    content::{Content, Streamable},
    offer::{Any, ItemOf, Named, Only},
    packet::Packet,
    shared_value::SharedValue,
};

/// The sources that `self.latest(..)` takes: the receiver of a [`tokio::sync::watch`] channel, and a
/// [`Watch`](crate::Watch) of a hub's topic.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something that has a newest value",
    label = "`self.latest(..)` takes a `tokio::sync::watch::Receiver`, or `hub.watch(topic)`",
    note = "a stream of which every item counts is sent by `self.stream_all(..)`"
)]
pub trait LatestSource: Sized {
    /// The source as it is read.
    #[doc(hidden)]
    type Values: LatestValues;

    #[doc(hidden)]
    fn into_values(self) -> Self::Values;
}

/// Values of which only the newest counts.
pub trait LatestValues: Send + Sized {
    /// The value as a packet.
    type Item: Streamable + Send;

    /// The same values, each as an event that is named after its variant.
    fn named(self) -> Self;

    /// The newest value that has not been given: at once if there is one, or when it comes. `None` once the source has ended.
    fn newest(&mut self) -> impl Future<Output = Option<Self::Item>> + Send;
}

/// A source whose newest value is about to be sent, again and again.
#[derive(Debug)]
#[must_use = "`#[controller]` does not see this call, so nothing is sent"]
pub struct OfferLatest<V, I = Any> {
    pub(crate) values: V,
    items: PhantomData<fn() -> I>,
}

impl<V> OfferLatest<V> {
    pub(crate) fn new<S: LatestSource<Values = V>>(source: S) -> Self {
        Self { values: source.into_values(), items: PhantomData }
    }
}

/// Checks the value of a source.
pub fn latest<I, V>(offer: OfferLatest<V>) -> OfferLatest<V, Only<I>> {
    OfferLatest { values: offer.values, items: PhantomData }
}

/// The same for an action with `event = tag`.
pub fn named_latest<I, V>(offer: OfferLatest<V>) -> OfferLatest<V, Named<I>> {
    OfferLatest { values: offer.values, items: PhantomData }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + Send + Sync + 'static> LatestSource for watch::Receiver<T> {
    type Values = ReceiverValues<T>;

    fn into_values(self) -> ReceiverValues<T> {
        ReceiverValues { shared: SharedValue::of(&self), receiver: self, sent: None }
    }
}

/// The values of a `watch` channel.
#[derive(Debug)]
pub struct ReceiverValues<T> {
    receiver: watch::Receiver<T>,
    /// The JSON of the value, for all who watch it.
    shared: SharedValue<T>,
    /// The version that was given last.
    sent: Option<u64>,
}

impl<T: Serialize + Send + Sync + 'static> LatestValues for ReceiverValues<T> {
    type Item = Newest<T>;

    fn named(self) -> Self {
        Self { shared: SharedValue::named(&self.receiver), ..self }
    }

    async fn newest(&mut self) -> Option<Newest<T>> {
        loop {
            let (version, packet) = self.shared.newest();
            if self.sent.replace(version) != Some(version) {
                return Some(Newest { packet, types: PhantomData });
            }
            self.receiver.changed().await.ok()?;
        }
    }
}

/// The newest value of a channel.
#[derive(Debug)]
pub struct Newest<T> {
    packet: Packet,
    types: PhantomData<fn() -> T>,
}

#[diagnostic::do_not_recommend]
impl<T> Streamable for Newest<T> {
    fn content(&self) -> Content<'_> {
        Content::of(&self.packet)
    }

    /// The source has named it.
    fn named(&self) -> Content<'_> {
        self.content()
    }
}

#[diagnostic::do_not_recommend]
impl<T> ItemOf<T> for Newest<T> {}

/// The source of `self.latest(..)` has ended: every sender of the channel has been dropped, and the last value has been sent.
///
/// Whether that is a success only the action knows. As its error this is a 503, so that clients come back:
///
/// ```
/// use outflow::{SourceEnded, action, controller};
/// use tokio::sync::watch;
///
/// struct Weather {
///     celsius: watch::Receiver<f32>,
/// }
///
/// #[controller]
/// impl Weather {
///     #[action]
///     async fn now(&self) -> Result<(), SourceEnded> {
///         Err(self.latest(self.celsius.clone()))
///     }
/// }
/// ```
///
/// If it is one, say `let SourceEnded = self.latest(..);`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the source has ended, which clients take for success unless the action returns an error: `return Err(self.latest(..))`, or `let SourceEnded = self.latest(..);`"]
pub struct SourceEnded;

impl fmt::Display for SourceEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the source of the values has ended")
    }
}

impl std::error::Error for SourceEnded {}

impl IntoResponse for SourceEnded {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, self.to_string()).into_response()
    }
}
