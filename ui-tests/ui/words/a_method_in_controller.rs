use outflow::{action, controller};

struct Jobs;

#[controller(get)]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
