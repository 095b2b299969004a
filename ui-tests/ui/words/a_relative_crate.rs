use outflow::{action, controller};

struct Jobs;

#[controller(crate = of)]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
