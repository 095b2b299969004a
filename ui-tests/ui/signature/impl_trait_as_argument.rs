use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self, name: impl Into<String>) {
        self.stream(name.into());
    }
}

fn main() {}
