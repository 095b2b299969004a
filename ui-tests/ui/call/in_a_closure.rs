use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self) {
        (0..3).for_each(|i| self.stream(i));
    }
}

fn main() {}
