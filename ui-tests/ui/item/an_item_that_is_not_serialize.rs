use outflow::{action, controller};

struct Token;

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = Token)]
    async fn chat(&self) {
        self.stream(Token);
    }
}

fn main() {}
