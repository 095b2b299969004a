//! What a stream of packets may say besides packets.

use std::borrow::Cow;

use axum::http::StatusCode;

use super::gap::Gap;

/// Something other than a packet in the place of one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notice<'a> {
    /// Packets were missed.
    Gap(&'a Gap),
    /// The action ends here.
    Stop(&'a Stop),
}

/// A failure with which the action ends where it is sent, whatever it does with its streams.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) status: StatusCode,
    /// The explanation for the client.
    pub(crate) detail: Cow<'static, str>,
    /// The packets that were missed, if that is the reason.
    pub(crate) gap: Option<Gap>,
}
