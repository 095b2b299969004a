use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.log().await;
    }

    fn log(&self) -> impl Future<Output = ()> {
        self.line(1)
    }

    async fn line(&self, number: u32) {
        self.stream(number);
    }
}

fn main() {}
