use outflow::{action, controller};

struct Jobs;

#[controller(crate = outflow)]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
