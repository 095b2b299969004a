use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self, name: &str) {
        self.stream(name);
    }
}

fn main() {}
