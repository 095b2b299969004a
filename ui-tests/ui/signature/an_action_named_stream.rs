use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn stream(&self) {
        self.stream("line");
    }
}

fn main() {}
