use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        Self::log(1).await;
    }

    async fn log(number: u32) {
        self.stream(number);
    }
}

fn main() {}
