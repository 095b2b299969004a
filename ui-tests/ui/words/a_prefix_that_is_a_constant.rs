use outflow::{action, controller};

struct Jobs;

#[controller(PREFIX)]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
