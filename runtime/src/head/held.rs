//! A head on the side of its response.

use axum::http::Extensions;

use super::{
    argument::{Head, Phase},
    parts::HeadParts,
};

/// The head of a call whose response has not been opened. Extractors find it in the request.
#[derive(Debug, Default)]
pub(crate) struct UnopenedHead(Option<Head>);

impl UnopenedHead {
    /// Puts the head of a response, or of a run, into the request, unless it is there already.
    /// The head of an action that never streams tells an extractor so.
    pub(crate) fn offer(&mut self, streams: bool, is_run: bool, extensions: &mut Extensions) {
        if self.0.is_none() {
            let head = Head::of(if streams { Phase::Held } else { Phase::NoStream }, is_run);
            extensions.insert(head.clone());
            self.0 = Some(head);
        }
    }

    /// The head, if anyone has taken it.
    pub(crate) fn open(mut self) -> Option<HeldHead> {
        self.0.take().filter(|head| head.lock().is_taken).map(HeldHead)
    }
}

/// No stream is opened: the action never streams, or a later extractor has rejected the request.
impl Drop for UnopenedHead {
    fn drop(&mut self) {
        if let Some(head) = &self.0 {
            head.lock().phase = Phase::NoStream;
        }
    }
}

/// A head that the action may still set. When its client goes away, an action with `on_disconnect = finish` sets it in
/// vain, and without an error.
#[derive(Clone, Debug)]
pub(crate) struct HeldHead(Head);

impl HeldHead {
    /// Lets the head go. From now on nothing can be set; every call gives the same parts.
    pub(crate) fn leave(&self) -> HeadParts {
        let mut state = self.0.lock();
        state.phase = Phase::Left;
        state.parts.clone()
    }
}
