//! Packets on their way from the action into a format: `self.stream(value)` makes an offer, which a format reads as
//! content.
//!
//! - `packet`: `Packet`, for packets that a plain value can't express
//! - `methods`: `self.stream`, `self.stream_all` and `self.emitter`
//! - `offer`: a packet that is about to be sent, and whether its type fits the action's `item`
//! - `latest`: `self.latest`; `shared_value`: the value of a channel, serialized once for all
//! - `outside`: calls where there is no client to send to
//! - `content`: a packet as a format reads it
//! - `gap`: packets that a client has missed; `notice`: what may come in the place of a packet
//! - `json`: values as JSON on one line
//! - `tag`: the name of an enum's variant, for `event = tag`

pub(crate) mod content;
pub(crate) mod gap;
pub(crate) mod json;
pub(crate) mod latest;
pub(crate) mod methods;
pub(crate) mod notice;
pub(crate) mod offer;
pub(crate) mod outside;
#[expect(clippy::module_inception, reason = "the room and the thing share the product's word")]
pub(crate) mod packet;
mod shared_value;
pub(crate) mod tag;
