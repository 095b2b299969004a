use outflow::{action, controller};

trait Log {
    async fn log(&self);
}

struct Jobs;

#[controller]
impl Log for Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
