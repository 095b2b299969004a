use outflow::{action, controller};

#[derive(serde::Serialize)]
struct Token(u32);

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = Token)]
    async fn chat(&self) {
        self.count().await;
    }

    #[action(item = Vec<u8>)]
    async fn log(&self) {
        self.count().await;
    }

    async fn count(&self) {
        self.stream(Token(1));
    }
}

fn main() {}
