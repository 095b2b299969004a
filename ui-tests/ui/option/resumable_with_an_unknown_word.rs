use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable(keys = url))]
    async fn log(&self) {
        self.stream("line");
    }
}

fn main() {}
