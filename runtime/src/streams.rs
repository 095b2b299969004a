//! The language inside an action: the calls that the macros rewrite.

use std::marker::PhantomData;

use futures_core::Stream;

use crate::{content::Content, item::Any, packet::Streamable};

/// Implemented by [`#[controller]`](macro@crate::controller), once for a type: where a second block implements it
/// again, rustc says so by this name.
pub trait OneControllerBlockPerType: Send + Sync {}

impl<T: OneControllerBlockPerType> Streams for T {}

/// What `self` can do in a streaming method of a controller.
pub trait Streams {
    /// Sends a packet to the client: any `serde::Serialize` value, or an [`outflow::Packet`](crate::Packet).
    ///
    /// The packet is sent when the call is reached; then the method waits until there is room for the next one,
    /// so a client that does not read holds the action up. The value of the call is `()`. `self.stream(x)` and
    /// `self.stream(x).await` mean the same. Whoever drops the wait, with `select!` or a timeout around it, has sent the
    /// packet all the same, and sends the next one without having waited.
    ///
    /// ```
    /// # use outflow::{action, controller};
    /// # struct Countdown;
    /// #[controller]
    /// impl Countdown {
    ///     #[action]
    ///     async fn launch(&self) -> &'static str {
    ///         for i in (1..=3).rev() {
    ///             self.stream(i);
    ///         }
    ///         "lift-off"
    ///     }
    /// }
    /// ```
    fn stream<P: Streamable>(&self, packet: P) -> Offer<P> {
        Offer::new(packet)
    }

    /// Sends every item of a [`Stream`] as a packet, at the pace of the client.
    ///
    /// Of a stream of `Result`s it sends every `Ok`, and its value is a `Result` too: the first `Err` ends it.
    ///
    /// ```
    /// # use std::io;
    /// # use axum::http::StatusCode;
    /// # use outflow::{action, controller};
    /// # struct Rows;
    /// use futures_util::stream;
    ///
    /// #[controller]
    /// impl Rows {
    ///     #[action]
    ///     async fn all(&self) -> Result<(), StatusCode> {
    ///         self.stream_all(stream::iter(1..=3));
    ///         let rows = stream::iter([Ok("a"), Err(StatusCode::CONFLICT)]);
    ///         self.stream_all(rows)?;
    ///         Ok(())
    ///     }
    /// }
    /// ```
    fn stream_all<S: Stream>(&self, packets: S) -> OfferAll<S> {
        OfferAll(packets, PhantomData)
    }

    /// A handle that sends packets from a spawned task, a callback or another type: see
    /// [`Emitter`](crate::Emitter).
    fn emitter(&self) -> AskEmitter {
        AskEmitter
    }
}

/// A packet on its way to the sender.
#[derive(Debug)]
#[must_use = "nothing is sent here: only `self.stream(..)`, written so in a method of the controller, sends a packet"]
pub struct Offer<P> {
    pub(crate) packet: P,
    /// Carried along, so that a packet of a wrong type is told once: by the call of `stream`.
    pub(crate) content: fn(&P) -> Content<'_>,
}

impl<P: Streamable> Offer<P> {
    pub(crate) fn new(packet: P) -> Self {
        Self { packet, content: P::content }
    }
}

/// A stream of packets on its way to the sender.
#[derive(Debug)]
#[must_use = "`#[controller]` does not see this call, so nothing is sent"]
pub struct OfferAll<S, I = Any>(pub(crate) S, pub(crate) PhantomData<fn() -> I>);

/// A call of `self.emitter()` on its way to the sender.
#[derive(Debug)]
pub struct AskEmitter;
