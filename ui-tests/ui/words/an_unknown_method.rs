use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(fetch)]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
