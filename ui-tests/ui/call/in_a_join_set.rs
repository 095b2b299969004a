use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { self.stream("line") });
    }
}

fn main() {}
