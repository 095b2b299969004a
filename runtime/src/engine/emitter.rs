//! A sender for places where `self.stream` can't be used: a spawned task, a callback, another type.

use std::{fmt, future::poll_fn, thread};

use futures_executor::block_on;
use tokio::runtime::Handle;

use super::{
    channel::{SendState, Sender},
    failure::Failure,
};
use crate::packet::{
    content::{Content, Streamable},
    offer::AskEmitter,
};

impl Sender {
    /// A handle for places where `self.stream` can't be used.
    #[expect(clippy::needless_pass_by_value, reason = "the call asks once")]
    pub fn emitter(&self, asked: AskEmitter) -> Emitter {
        Emitter::new(self.clone(), asked.is_named)
    }
}

/// Sends packets of an action from anywhere: a spawned task, a callback, another type. Made by `self.emitter()`.
///
/// The stream ends in success only after the action has returned *and* every emitter has been dropped. A failure, a
/// panic and a client that leaves end it at once; from then on every emitter returns [`Closed`]. A panic that drops an
/// emitter fails the stream too. An aborted task drops its emitter like a finished one, so if you abort tasks, send the
/// end of their work as a packet, or await them in the action.
///
/// ```
/// use outflow::{action, controller};
///
/// struct Jobs;
///
/// #[controller]
/// impl Jobs {
///     #[action]
///     async fn run(&self) {
///         let emitter = self.emitter();
///         tokio::spawn(async move {
///             for percent in [25, 50, 100] {
///                 if emitter.send(percent).await.is_err() {
///                     break; // nobody is listening any more
///                 }
///             }
///         });
///     }
/// }
/// ```
pub struct Emitter {
    sender: Sender,
    /// Whether the variants of its packets name their events.
    is_named: bool,
}

impl Emitter {
    fn new(sender: Sender, is_named: bool) -> Self {
        sender.channel.enter();
        Self { sender, is_named }
    }

    fn content<'p, P: Streamable>(&self, packet: &'p P) -> Content<'p> {
        if self.is_named { packet.named() } else { packet.content() }
    }

    /// Sends a packet, and waits while the client is behind.
    ///
    /// # Errors
    /// [`Closed`] if the stream has ended. A packet that cannot be written fails the action, and ends the stream too.
    pub async fn send<P: Streamable>(&self, packet: P) -> Result<(), Closed> {
        let state = self.sender.channel.send(&mut self.content(&packet));
        drop(packet);
        let goes_on = match state {
            SendState::Ready => true,
            SendState::Wait(batch) => poll_fn(|cx| self.sender.channel.poll_room(batch, cx)).await,
            SendState::Stopped | SendState::Closed => false,
        };
        goes_on.then_some(()).ok_or(Closed)
    }

    /// Sends a packet from a thread that may block, such as one of [`spawn_blocking`](tokio::task::spawn_blocking), and
    /// waits while the client is behind.
    ///
    /// ```
    /// # use outflow::{action, controller};
    /// # struct Files;
    /// #[controller]
    /// impl Files {
    ///     #[action]
    ///     async fn lines(&self) {
    ///         let emitter = self.emitter();
    ///         tokio::task::spawn_blocking(move || {
    ///             for line in 0..200_000 {
    ///                 if emitter.blocking_send(line).is_err() {
    ///                     break; // the stream has ended
    ///                 }
    ///             }
    ///         });
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Closed`] if the stream has ended.
    ///
    /// # Panics
    /// In asynchronous code, whose thread it would block. Await [`send`](Self::send) there.
    pub fn blocking_send<P: Streamable>(&self, packet: P) -> Result<(), Closed> {
        match Handle::try_current() {
            // It panics where it would block a task.
            Ok(runtime) => runtime.block_on(self.send(packet)),
            Err(_) => block_on(self.send(packet)),
        }
    }

    /// Sends a packet if there is room for it now: for callbacks, which cannot wait, and for packets that may be
    /// skipped.
    ///
    /// [`TrySendError::Full`] is no end. A loop that stops at it cuts the stream short and still ends it in success, so
    /// skip the packet, or use [`send`](Self::send) or [`blocking_send`](Self::blocking_send) if every packet counts.
    ///
    /// # Errors
    /// [`TrySendError::Full`] while the client is behind, [`TrySendError::Closed`] if the stream has ended. In both
    /// cases the packet was not sent.
    #[expect(clippy::needless_pass_by_value, reason = "the same shape as `send`")]
    pub fn try_send<P: Streamable>(&self, packet: P) -> Result<(), TrySendError> {
        match self.sender.channel.try_send(&mut self.content(&packet)) {
            Some(SendState::Ready | SendState::Wait(_)) => Ok(()),
            Some(SendState::Stopped | SendState::Closed) => Err(TrySendError::Closed),
            None => Err(TrySendError::Full),
        }
    }
}

impl Clone for Emitter {
    fn clone(&self) -> Self {
        Self::new(self.sender.clone(), self.is_named)
    }
}

impl Drop for Emitter {
    fn drop(&mut self) {
        // A panicking task has not sent everything, and that must not look like the end.
        let failure = thread::panicking().then(|| Failure::broken("a task that holds an emitter panicked"));
        self.sender.channel.leave(failure);
    }
}

impl fmt::Debug for Emitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Emitter")
    }
}

/// The error of sending to a stream that has ended: its action failed or was cancelled, or its client left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream has ended")
    }
}

impl std::error::Error for Closed {}

/// Why [`Emitter::try_send`] did not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrySendError {
    /// The client is behind. The packet can be sent later, or dropped for a newer one.
    Full,
    /// The stream has ended.
    Closed,
}

impl fmt::Display for TrySendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the client is behind"),
            Self::Closed => Closed.fmt(f),
        }
    }
}

impl std::error::Error for TrySendError {}
