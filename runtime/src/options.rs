//! What `#[action(…)]` says about the response.

use std::time::Duration;

use crate::format::Named;

/// The options of one action, written by the macro as a constant.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The formats to choose from; the first one is the default.
    pub(crate) formats: &'static [Named],
    /// How long the head waits for the first packet. A client, or a proxy, that waits for the head learns by then
    /// that the request was taken.
    pub(crate) open_after: Duration,
}

impl Options {
    /// What holds where an action says nothing.
    pub const DEFAULT: Self = Self { formats: &Named::ALL, open_after: Duration::from_millis(250) };

    /// Only these formats.
    #[must_use]
    pub const fn formats(mut self, formats: &'static [Named]) -> Self {
        self.formats = formats;
        self
    }

    /// `open_after`, in milliseconds.
    #[must_use]
    pub const fn open_after(mut self, millis: u64) -> Self {
        self.open_after = Duration::from_millis(millis);
        self
    }
}
