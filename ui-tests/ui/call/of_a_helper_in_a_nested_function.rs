use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        async fn inner() {
            self.log(1).await;
        }
        inner().await;
    }

    async fn log(&self, number: u32) {
        self.stream(number);
    }
}

fn main() {}
