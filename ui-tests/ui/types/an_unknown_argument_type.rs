use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self, limit: Limits) {
        self.stream("line");
    }
}

fn main() {}
