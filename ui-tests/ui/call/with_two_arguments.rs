use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line", 2);
    }
}

fn main() {}
