use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(get post)]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
