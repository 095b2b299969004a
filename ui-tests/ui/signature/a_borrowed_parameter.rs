use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{id}")]
    async fn log(&self, id: &str) {
        self.stream(id);
    }
}

fn main() {}
