use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {}

    async fn stream(&self) {}
}

fn main() {}
