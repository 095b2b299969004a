use futures_util::stream;
use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn all(&self) {
        self.more().await.unwrap();
    }
}

impl Jobs {
    async fn more(&self) -> Result<(), ()> {
        self.stream(1);
        self.stream(2).await;
        self.stream_all(stream::iter([1]));
        self.stream_all(stream::iter([Ok(1), Err(())]))?;
        let emitter = self.emitter();
        tokio::spawn(async move { emitter.send(3).await });
        Ok(self.stream(4))
    }
}

fn main() {}
