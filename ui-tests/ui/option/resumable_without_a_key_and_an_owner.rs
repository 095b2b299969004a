use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable(key = off))]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
