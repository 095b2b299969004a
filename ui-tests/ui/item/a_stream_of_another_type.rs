use futures_util::stream;
use outflow::{action, controller};

#[derive(serde::Serialize)]
struct Token(u32);

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = Token)]
    async fn chat(&self) {
        self.stream_all(stream::iter(["one"]));
    }
}

fn main() {}
