use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable = true)]
    async fn log(&self) {
        self.stream(1);
    }
}

fn main() {}
