//! What appends to the log of a run, one call at a time.

use std::future::pending;

use futures_core::future::BoxFuture;
use tokio::time::sleep;

use super::{records::Records, tail::Tail};

/// An idle one renews the lease.
pub(super) struct Appender<'a> {
    tail: Option<Tail<'a>>,
    call: BoxFuture<'a, (Tail<'a>, Result<(), Stop>)>,
}

impl<'a> Appender<'a> {
    pub(super) fn new(tail: Tail<'a>) -> Self {
        Self { tail: Some(tail), call: Box::pin(pending()) }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.tail.is_some()
    }

    pub(super) fn append(&mut self, records: Records) {
        if let Some(mut tail) = self.tail.take() {
            self.call = Box::pin(async move {
                let told = tail.append(records).await;
                (tail, told)
            });
        }
    }

    /// Finishes the call, and appends what waits.
    pub(super) async fn append_all(&mut self, records: Records) -> Result<(), Stop> {
        if !self.is_idle() {
            self.written().await?;
        }
        self.append(records);
        self.written().await
    }

    /// Waits for the call, or makes one that renews the lease when it is time.
    pub(super) async fn written(&mut self) -> Result<(), Stop> {
        if let Some(tail) = &mut self.tail {
            sleep(tail.log.renew_every()).await;
            return tail.renew().await;
        }
        let (tail, told) = (&mut self.call).await;
        self.tail = Some(tail);
        told
    }

    /// After the call that is on its way.
    pub(super) async fn finish(mut self) -> Option<Tail<'a>> {
        if !self.is_idle() {
            // What has no room, or is closed, is so for the end too.
            let _ = self.written().await;
        }
        self.into_tail()
    }

    pub(super) fn into_tail(self) -> Option<Tail<'a>> {
        self.tail
    }
}

/// Why a writer stops.
pub(super) enum Stop {
    Cancelled,
    /// Nobody follows the run.
    Abandoned,
    Full,
    Closed,
}
