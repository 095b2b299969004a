//! The language inside an action: the calls that the macros rewrite.

use super::{
    content::Streamable,
    latest::{LatestSource, OfferLatest},
    offer::{AskEmitter, Offer, OfferAll, PacketStream},
};

/// Implemented by [`#[controller]`](macro@crate::controller) once for each type. If a second block implements it again,
/// rustc names this trait in its error.
pub trait OneControllerBlockPerType: Send + Sync {}

impl<T: OneControllerBlockPerType> Streams for T {}

/// The methods of `self` in a streaming method of a controller.
pub trait Streams {
    /// Sends a packet to the client: any `serde::Serialize` value, or an [`outflow::Packet`](crate::Packet).
    ///
    /// The packet is sent when the call is reached; then the method waits until there is room for the next one,
    /// so a client that does not read holds the action up. The value of the call is `()`. `self.stream(x)` and
    /// `self.stream(x).await` mean the same. If the wait is dropped, by `select!` or a timeout around it, the packet
    /// has been sent all the same, and the next one is sent without waiting.
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

    /// Sends every item of a [`Stream`](futures_core::Stream) as a packet, at the pace of the client.
    ///
    /// From a stream of `Result`s it sends every `Ok`, and its value is a `Result` too: the first `Err` ends it.
    ///
    /// The end of the stream is a success. If a task feeds the stream, see
    /// [how to tell that it failed](macro@crate::controller#selfstream_allstream).
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
    fn stream_all<S: PacketStream<Item = T>, T>(&self, packets: S) -> OfferAll<S, T> {
        packets.offer()
    }

    /// Sends the newest value of a [`tokio::sync::watch`] channel, or of a [hub's topic](crate::Hub::watch): the last one at
    /// once, and then the newest whenever the client can take one.
    ///
    /// A slow client skips values instead of getting old ones: the next is taken only when the one before has left, and over
    /// HTTP/1 the system is told to hold few bytes of it. Clients of the same channel share one serialization.
    ///
    /// If the source ends, the value of the call is [`SourceEnded`](crate::SourceEnded): the action says whether that is a success.
    ///
    /// ```
    /// # use outflow::{SourceEnded, action, controller};
    /// # use tokio::sync::watch;
    /// # struct Weather { celsius: watch::Receiver<f32> }
    /// #[controller]
    /// impl Weather {
    ///     #[action]
    ///     async fn now(&self) -> Result<(), SourceEnded> {
    ///         Err(self.latest(self.celsius.clone()))
    ///     }
    /// }
    /// ```
    fn latest<S: LatestSource>(&self, source: S) -> OfferLatest<S::Values> {
        OfferLatest::new(source)
    }

    /// A handle that sends packets from a spawned task, a callback or another type: see
    /// [`Emitter`](crate::Emitter).
    fn emitter(&self) -> AskEmitter {
        AskEmitter { is_named: false }
    }
}
