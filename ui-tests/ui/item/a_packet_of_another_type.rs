use outflow::{action, controller};

#[derive(serde::Serialize)]
struct Token(u32);

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = Token)]
    async fn chat(&self) {
        self.stream(Token(1));
        self.stream("one");
    }
}

fn main() {}
