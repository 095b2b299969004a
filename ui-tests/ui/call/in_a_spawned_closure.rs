use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        tokio::task::spawn_blocking(move || self.stream("line"));
    }
}

fn main() {}
