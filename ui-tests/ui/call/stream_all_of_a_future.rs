use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream_all(self.lines());
    }

    async fn lines(&self) -> Vec<String> {
        Vec::new()
    }
}

fn main() {}
