use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        drop(vec![tokio::spawn(async move { self.stream("line") })]);
    }
}

fn main() {}
