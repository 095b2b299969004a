use std::future::ready;

use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        tokio::select! {
            line = ready("line") => yield line,
        }
    }
}

fn main() {}
