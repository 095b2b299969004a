use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        tokio::spawn(async move {
            self.stream("line");
        });
    }
}

fn main() {}
