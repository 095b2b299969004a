use futures_util::stream;
use outflow::{action, controller};

struct Line;

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream_all(stream::iter([Line]));
    }
}

fn main() {}
