use outflow::{action, controller};

use std::time::Duration;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.stream("line")).await;
    }
}

fn main() {}
