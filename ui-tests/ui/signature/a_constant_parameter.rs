use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log<const N: usize>(&self) {
        self.stream(N);
    }
}

fn main() {}
