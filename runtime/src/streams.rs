//! The language inside an action: the calls that the macros rewrite.

use crate::packet::{Content, Streamable};

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
    /// `self.stream(x).await` mean the same.
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
        Offer { packet, content: P::content }
    }
}

/// A packet on its way to the outlet.
#[derive(Debug)]
#[must_use = "nothing is sent here: only `self.stream(..)`, written so in a method of the controller, sends a packet"]
pub struct Offer<P> {
    pub(crate) packet: P,
    /// Carried along, so that a packet of a wrong type is told once: by the call of `stream`.
    pub(crate) content: fn(&P) -> Content<'_>,
}
