use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        (0..3).for_each(|i| self.log(i).await);
    }

    async fn log(&self, number: u32) {
        self.stream(number);
    }
}

fn main() {}
