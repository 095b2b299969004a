use outflow::{action, controller};

use std::sync::Arc;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(self: Arc<Self>) {
        self.stream("line");
    }
}

fn main() {}
