use outflow::{action, controller};

struct Jobs;

#[controller]
impl Jobs {
    #[action(path = "/{id}")]
    async fn show(&self, id: u64) {
        self.stream(id);
    }

    #[action(delete, path = "/{name}")]
    async fn remove(&self, name: String) {
        self.stream(name);
    }
}

fn main() {}
