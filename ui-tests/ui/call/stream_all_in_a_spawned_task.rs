use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        self.stream(1);
        tokio::spawn(async { self.stream_all(futures_util::stream::iter([1])) });
    }
}

fn main() {}
