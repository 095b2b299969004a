use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use outflow::{Event, Generator, action, controller};
use outflow_ui_tests::{block_on, collect};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) -> &'static str {
        self.stream(1);
        "done"
    }

    /// By its type an action gives its generator, in the block as well.
    #[action]
    async fn both(&self) -> usize {
        let own = Self::log(self).count().await;
        self.stream(own);
        own
    }

    pub fn all(&self) -> Vec<Generator<'_, &'static str>> {
        vec![Self::log(self), Self::log(self)]
    }
}

fn is_send_and_unpin<T: Send + Unpin>(value: T) -> T {
    value
}

fn main() {
    block_on(async {
        let jobs = Arc::new(Jobs);
        let spawned = tokio::spawn(async move { collect(is_send_and_unpin(jobs.log())).await });
        assert_eq!(spawned.await.unwrap(), (vec!["1".into()], "done"));
        assert_eq!(collect(Jobs.both()).await, (vec!["2".into()], 2));
        let all = stream::iter(Jobs.all()).flatten().map(|event| match event {
            Event::Failed(failure) => Err(failure),
            event => Ok(event),
        });
        assert_eq!(all.try_collect::<Vec<_>>().await.unwrap().len(), 4);
    });
}
