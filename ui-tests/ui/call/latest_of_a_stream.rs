use futures_util::stream;
use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        let _ = self.latest(stream::iter([1, 2]));
    }
}

fn main() {}
