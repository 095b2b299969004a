use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log() {
        self.stream("line");
    }
}

fn main() {}
