use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        Self::stream(self, "line");
    }
}

fn main() {}
