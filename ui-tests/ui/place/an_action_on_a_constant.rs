use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    const LIMIT: usize = 10;

    #[action]
    async fn log(&self) {
        self.stream(Self::LIMIT);
    }
}

fn main() {}
