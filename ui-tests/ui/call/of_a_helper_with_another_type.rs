use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.log("1").await;
    }

    async fn log(&self, number: u32) {
        self.stream(number);
    }
}

fn main() {}
