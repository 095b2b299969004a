//! Packets on their way from the action into a format: `self.stream(value)` makes an offer, which a format reads as
//! content.
//!
//! - `packet`: `Packet`, for packets that a plain value can't express
//! - `methods`: `self.stream`, `self.stream_all` and `self.emitter`
//! - `offer`: a packet that is about to be sent, and whether its type fits the action's `item`
//! - `content`: a packet as a format reads it
//! - `json`: values as JSON on one line

pub(crate) mod content;
pub(crate) mod json;
pub(crate) mod methods;
pub(crate) mod offer;
#[expect(clippy::module_inception, reason = "the room and the thing share the product's word")]
pub(crate) mod packet;
