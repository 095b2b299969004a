use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(event = tag)]
    async fn log(&self) {
        self.stream(1);
    }
}

fn main() {}
