#![deny(unused_must_use)]

use outflow::{action, controller};
use tokio::sync::watch;

struct Jobs {
    progress: watch::Receiver<u8>,
}

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.latest(self.progress.clone());
    }
}

fn main() {}
