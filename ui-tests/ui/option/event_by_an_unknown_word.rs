use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(item = u8, event = tags)]
    async fn log(&self) {
        self.stream(1);
    }
}

fn main() {}
