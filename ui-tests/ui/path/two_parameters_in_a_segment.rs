use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{from}{to}")]
    async fn log(&self, from: u64, to: u64) {
        self.stream((from, to));
    }
}

fn main() {}
