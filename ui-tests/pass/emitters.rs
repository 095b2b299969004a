//! `self.emitter()`: for spawned tasks, callbacks and other types.

#![deny(warnings)]

use outflow::{Closed, Controller as _, Emitter, TrySendError, action, controller};
use outflow_ui_tests::{block_on, collect};

struct Log {
    emitter: Emitter,
}

impl Log {
    fn line(&self, line: &str) -> Result<(), TrySendError> {
        self.emitter.try_send(line)
    }
}

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) -> bool {
        let emitter = self.emitter();
        let worker: tokio::task::JoinHandle<Result<(), Closed>> = tokio::spawn(async move {
            emitter.send(1).await?;
            emitter.clone().send("two").await
        });
        let _ = worker.await;
        let log = Log { emitter: self.emitter() };
        let sent = log.line("three").is_ok();
        let from_closure = || self.emitter();
        let _ = from_closure().send(4).await;
        sent
    }
}

fn main() {
    let (packets, sent) = block_on(collect(Jobs.all()));
    assert_eq!(packets, ["1", r#""two""#, r#""three""#, "4"]);
    assert!(sent);
    let _: axum::Router = Jobs.into_router();
}
