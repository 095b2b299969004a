use outflow::{action, controller};
use serde::Serialize;

#[derive(Serialize)]
enum Update {
    Started,
}

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = Update, event = tag)]
    async fn named(&self) {
        self.start().await;
    }

    #[action(item = Update)]
    async fn plain(&self) {
        self.start().await;
    }

    async fn start(&self) {
        self.stream(Update::Started);
    }
}

fn main() {}
