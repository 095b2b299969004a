use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        tokio::join!(self.stream(1), self.stream(2));
    }
}

fn main() {}
