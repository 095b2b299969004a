use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(open_after = "15")]
    async fn log(&self) {
        self.stream(1);
    }
}

fn main() {}
