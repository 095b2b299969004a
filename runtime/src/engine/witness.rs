//! The fates of actions, for the test client: which of them run, have ended by themselves, or were dropped, and how much
//! they have sent.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_core::future::BoxFuture;
use tokio::{sync::Notify, time::Instant};

use super::channel::Sender;

/// The actions that the requests of one test client have started.
#[derive(Debug, Default)]
pub(crate) struct Fates {
    list: Mutex<Vec<Fate>>,
    pub(crate) changed: Notify,
}

/// One action.
#[derive(Debug)]
pub(crate) struct Fate {
    /// The number of the request that started it.
    pub(crate) request: usize,
    pub(crate) is_run: bool,
    pub(crate) state: FateState,
    /// Whether the test has been told of its drop.
    pub(crate) is_told: bool,
    /// Where it sends its packets.
    pub(crate) sender: Sender,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FateState {
    Running,
    /// It has returned, failed or panicked.
    Ended,
    /// It was dropped at one of its await points.
    Dropped(Instant),
}

impl Fate {
    pub(crate) fn is_running(&self) -> bool {
        self.state == FateState::Running
    }
}

impl Fates {
    pub(crate) fn list(&self) -> MutexGuard<'_, Vec<Fate>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports the fate of a request's action. It travels in the extensions of the request.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    pub(crate) request: usize,
    pub(crate) fates: Arc<Fates>,
}

impl Witness {
    /// The same action, observed from its first poll to its end.
    pub(crate) fn watch<T: 'static>(
        self,
        action: BoxFuture<'static, T>,
        sender: Sender,
        is_run: bool,
    ) -> BoxFuture<'static, T> {
        Box::pin(Watched { action, fate: Guard { witness: self, sender, is_run, index: None, is_polled: false } })
    }
}

struct Watched<T> {
    /// Dropped before the guard, so that its destructors have run when its fate is told.
    action: BoxFuture<'static, T>,
    fate: Guard,
}

impl<T> Future for Watched<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.fate.begin();
        self.fate.is_polled = true;
        let polled = self.action.as_mut().poll(cx);
        self.fate.is_polled = false;
        if polled.is_ready() {
            self.fate.set(FateState::Ended);
        }
        polled
    }
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

struct Guard {
    witness: Witness,
    sender: Sender,
    is_run: bool,
    /// The place of the action in the list, once it has begun.
    index: Option<usize>,
    /// Whether the action is being polled. If it still is when the guard is dropped, it has panicked.
    is_polled: bool,
}

impl Guard {
    fn begin(&mut self) {
        if self.index.is_none() {
            let mut list = self.witness.fates.list();
            self.index = Some(list.len());
            list.push(Fate {
                request: self.witness.request,
                is_run: self.is_run,
                state: FateState::Running,
                is_told: false,
                sender: self.sender.clone(),
            });
        }
    }

    fn set(&self, state: FateState) {
        let Some(index) = self.index else { return };
        let fate = &mut self.witness.fates.list()[index].state;
        if *fate == FateState::Running {
            *fate = state;
        }
        self.witness.fates.changed.notify_waiters();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let state = if self.is_polled { FateState::Ended } else { FateState::Dropped(Instant::now()) };
        self.set(state);
    }
}
