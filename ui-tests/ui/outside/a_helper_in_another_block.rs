use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.log(1).await;
        self.more().await;
    }

    async fn log(&self, number: u32) -> u32 {
        self.stream(number);
        number
    }
}

impl Jobs {
    async fn more(&self) -> u32 {
        Self::log(self, 1).await;
        self.log(2).await
    }
}

fn main() {}
