use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn emitter(&self) {
        self.stream("line");
    }
}

fn main() {}
