use outflow::{Hub, action, controller};

#[derive(serde::Serialize)]
struct Token(u32);

struct Jobs {
    progress: Hub<u8>,
}

#[controller]
impl Jobs {
    #[action(item = Token)]
    async fn chat(&self) {
        self.stream_all(self.progress.watch("a"));
    }
}

fn main() {}
