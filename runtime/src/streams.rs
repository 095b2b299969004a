//! The language inside an action: the calls that the macros rewrite.

use crate::packet::Streamable;

/// What `self` can do in a streaming method. Implemented for every controller by
/// [`#[controller]`](macro@crate::controller).
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
        Offer(packet)
    }
}

/// A packet on its way to the outlet.
#[derive(Debug)]
#[must_use = "nothing is sent here: only `self.stream(..)`, written so in a method of the controller, sends a packet"]
pub struct Offer<P>(pub(crate) P);
