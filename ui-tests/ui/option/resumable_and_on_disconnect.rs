use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable, on_disconnect = cancel)]
    async fn log(&self) {
        self.stream(1);
    }
}

fn main() {}
