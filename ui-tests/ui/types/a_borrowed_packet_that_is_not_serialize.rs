use outflow::{action, controller};

struct Line;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let line = Line;
        self.stream(&line);
    }
}

fn main() {}
