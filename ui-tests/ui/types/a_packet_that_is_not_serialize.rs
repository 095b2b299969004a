use outflow::{action, controller};

struct Line;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream(Line);
    }
}

fn main() {}
