use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        async fn inner() {
            self.stream("line");
        }
        inner().await;
    }
}

fn main() {}
