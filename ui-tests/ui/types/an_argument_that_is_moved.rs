use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn log(&self, name: String) {
        drop(name);
        self.stream(name);
    }
}

fn main() {}
