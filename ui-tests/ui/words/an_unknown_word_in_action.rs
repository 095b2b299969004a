use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(pots)]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
