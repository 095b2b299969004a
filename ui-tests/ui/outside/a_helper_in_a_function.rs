use std::sync::Arc;

use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.log(1).await;
    }

    async fn log(&self, number: u32) {
        self.stream(number);
    }
}

async fn logs_twice(jobs: Arc<Jobs>) {
    jobs.log(1).await;
    jobs.log(2).await;
}

fn main() {}
