use outflow::{SourceEnded, action, controller};
use tokio::sync::watch;

#[derive(serde::Serialize)]
struct Token(u32);

struct Jobs {
    progress: watch::Receiver<u8>,
}

#[controller]
impl Jobs {
    #[action(item = Token)]
    async fn chat(&self) -> Result<(), SourceEnded> {
        Err(self.latest(self.progress.clone()))
    }
}

fn main() {}
