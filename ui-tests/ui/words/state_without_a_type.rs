use outflow::{action, controller};

struct Jobs;

#[controller(state)]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
