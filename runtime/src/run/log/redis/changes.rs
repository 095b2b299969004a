//! The notifications of a run.
//!
//! Redis forgets a message that nobody hears, so a notification says only that there is something to read. Nothing is
//! queued: a run that changes twice before its follower looks is one notification.

use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;

use crate::{
    redis::subscription::{Listener, Subscription},
    run::log::id::RunId,
};

/// The channel on which the changes of a run are published.
pub(super) fn channel(run: &RunId) -> String {
    format!("outflow:{{{run}}}:w")
}

/// The notifications of a run. There is one as soon as the subscription is in place.
pub(super) fn of(subscription: &Arc<Subscription>, run: &RunId) -> BoxStream<'static, ()> {
    let (tell, changes) = watch::channel(());
    let listening = subscription.listen(channel(run), Arc::new(Follower(tell)));
    stream::unfold((changes, listening), async |(mut changes, listening)| {
        changes.changed().await.ok()?;
        Some(((), (changes, listening)))
    })
    .boxed()
}

struct Follower(watch::Sender<()>);

impl Listener for Follower {
    fn message(&self, _: &[u8]) {
        self.0.send_replace(());
    }

    /// The run may have changed before.
    fn joined(&self) {
        self.0.send_replace(());
    }
}
