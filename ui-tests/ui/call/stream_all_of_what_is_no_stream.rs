use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream_all([1, 2, 3]);
    }
}

fn main() {}
