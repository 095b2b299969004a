use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(POST)]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
