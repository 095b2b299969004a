use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(item)]
    async fn chat(&self) {
        self.stream(1);
    }
}

fn main() {}
