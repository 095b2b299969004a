use outflow::{action, controller};

struct Controller;

#[controller]
impl Controller {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
