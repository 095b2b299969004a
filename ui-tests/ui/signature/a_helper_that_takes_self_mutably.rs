use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.stream(1);
    }

    async fn log(&mut self) {
        self.stream("line");
    }
}

fn main() {}
