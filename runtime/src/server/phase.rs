//! The phases of a server, and how tasks wait for them.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
};

use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;
use tokio::{sync::Notify, task::coop::unconstrained};

/// How far the shutdown of a server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    /// No new streams; open ones may finish. New connections are taken, where there are paths that stay open.
    Draining,
    /// No new connections; open ones end as soon as they are idle.
    Closing,
    /// The grace period is over: open streams fail.
    Over,
    /// Connections are cut.
    Cut,
}

/// The phase of a server. Every stream and every connection reads it whenever it is polled, so reading takes no lock.
#[derive(Default)]
pub(crate) struct Phases {
    now: AtomicU8,
    changed: Notify,
}

impl Phases {
    pub(crate) fn now(&self) -> Phase {
        match self.now.load(Ordering::Acquire) {
            0 => Phase::Serving,
            1 => Phase::Draining,
            2 => Phase::Closing,
            3 => Phase::Over,
            _ => Phase::Cut,
        }
    }

    /// Goes on to a phase. Returns whether it is new.
    pub(crate) fn advance(&self, phase: Phase) -> bool {
        let is_news = self.now.fetch_max(phase as u8, Ordering::AcqRel) < phase as u8;
        if is_news {
            self.changed.notify_waiters();
        }
        is_news
    }

    /// Resolves when this phase, or a later one, has come.
    pub(crate) async fn reached(self: Arc<Self>, phase: Phase) {
        loop {
            // Made before the phase is read, so that no change is missed in between.
            let changed = self.changed.notified();
            if self.now() >= phase {
                return;
            }
            changed.await;
        }
    }
}

impl fmt::Debug for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

/// A wait for a phase, or a later one, by a task that is polled often for other reasons.
pub(crate) struct Reached {
    phases: Arc<Phases>,
    phase: Phase,
    change: Option<BoxFuture<'static, ()>>,
    /// The waker registered last, and the phase at that time. While both are unchanged, polling again is a no-op.
    registered: Option<(Waker, Phase)>,
}

impl Reached {
    pub(crate) fn new(phases: Arc<Phases>, phase: Phase) -> Self {
        Self { phases, phase, change: None, registered: None }
    }

    /// Whether the phase has come, for a task that need not be woken.
    pub(crate) fn is_reached(&self) -> bool {
        self.phases.now() >= self.phase
    }

    /// Whether the server takes no new requests.
    pub(crate) fn is_draining(&self) -> bool {
        self.phases.now() > Phase::Serving
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.phases.now();
        if now >= self.phase {
            return Poll::Ready(());
        }
        if self.registered.as_ref().is_some_and(|(waker, then)| *then == now && waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        self.registered = Some((cx.waker().clone(), now));
        let change = self.change.get_or_insert_with(|| Box::pin(self.phases.clone().reached(self.phase)));
        // Its first poll must register, however busy the task has been.
        unconstrained(change).poll_unpin(cx)
    }
}
