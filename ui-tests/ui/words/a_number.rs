use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(1)]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
