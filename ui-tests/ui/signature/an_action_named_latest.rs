use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn latest(&self) {
        self.stream(1);
    }
}

fn main() {}
