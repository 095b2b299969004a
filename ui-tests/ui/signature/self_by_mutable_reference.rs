use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&mut self) {
        self.stream("line");
    }
}

fn main() {}
