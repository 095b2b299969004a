use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "log")]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
