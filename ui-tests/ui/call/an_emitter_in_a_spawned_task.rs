use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream(1);
        tokio::spawn(async { self.emitter().send(2).await });
    }
}

fn main() {}
