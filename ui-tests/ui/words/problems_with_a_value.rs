use outflow::{action, controller};

struct Jobs;

#[controller(problems = true)]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
